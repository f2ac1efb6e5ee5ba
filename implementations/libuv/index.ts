import type { Backend } from '../backend.ts'
import { runLibuvHttp } from './http-server.ts'
import { runLibuvWallet } from './outbound-http-wallet.ts'
import { runLibuvP2p } from './p2p-connman.ts'
import { runLibuvPush } from './push-server.ts'

export const libuv: Backend = {
  name: 'libuv',
  summary: "Node's own network modules over libuv: what one would write in TypeScript instead",
  hasSendModes: false,
  protocols: {
    p2p: { onSocketThread: { loop: 'own', run: runLibuvP2p } },
    http: { onSocketThread: { loop: 'own', run: runLibuvHttp } },
    push: { onSocketThread: { loop: 'own', run: runLibuvPush } },
    'outbound-http': { onSocketThread: { loop: 'own', run: runLibuvWallet } },
  },
}
