// Prints the P2P messages of every thread of a subject but blocks and requests for them, as Bitcoin
// Core's contrib/tracing/log_p2p_traffic.bt does for bitcoind:
//
//   NODE_OPTIONS=--import=./docs/examples/log-p2p-traffic.mjs sockbench serve direct --connect HOST:PORT
import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'

// MessageType in implementations/protocol/p2p/message-type.ts.
const names = ['unknown', 'version', 'verack', 'ping', 'pong', 'getheaders', 'headers', 'getdata']
names.push(
  'inv',
  'block',
  'notfound',
  'sendheaders',
  'sendcmpct',
  'feefilter',
  'wtxidrelay',
  'sendaddrv2',
)
const blocksAndRequests = ['block', 'getdata']

subscribe('sockbench:net:inbound_message', message => log('inbound', 'from', message))
subscribe('sockbench:net:outbound_message', message => log('outbound', 'to', message))

function log(direction, preposition, { protocol, connection, type, sizeBytes }) {
  if (protocol !== 'p2p' || blocksAndRequests.includes(names[type])) return
  // Not console.error: a thread that sits in a loop never gets to its own streams.
  writeSync(
    2,
    `${direction} '${names[type]}' ${preposition} peer ${connection}: ${sizeBytes} bytes\n`,
  )
}
