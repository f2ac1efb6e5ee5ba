import { messageTypeName } from '../../implementations/protocol/p2p/message-type.ts'
import type { Life } from './lives.ts'

/** 'block → getdata', 'request → reply', 'push'. */
export function lifeName(life: Life): string {
  const inbound = life.inboundType === null ? null : inboundName(life, life.inboundType)
  const outbound = life.outboundType === null ? null : outboundName(life, life.outboundType)
  const order = life.protocol === 'outbound-http' ? [outbound, inbound] : [inbound, outbound]
  return order.filter(name => name !== null).join(' → ')
}

function inboundName({ protocol }: Life, type: number): string {
  if (protocol === 'p2p') return p2pName(type)
  return protocol === 'outbound-http' ? 'reply' : 'request'
}

function outboundName({ protocol }: Life, type: number): string {
  switch (protocol) {
    case 'p2p':
      return p2pName(type)
    case 'push':
      return 'push'
    case 'outbound-http':
      return 'request'
    default:
      return `reply ${type}`
  }
}

function p2pName(type: number): string {
  return messageTypeName(type as Parameters<typeof messageTypeName>[0]) ?? 'unknown'
}
