import { DEVIRTUALIZED, DIRECT, NODE, type PlantedBug, THREADS, VIRTUAL } from './planted-bug.ts'

/** In what pushes messages, in what connects, and in stopping. */
export const pushAndWalletBugs: readonly PlantedBug[] = [
  {
    name: 'SEND is not polled for while a message waits for a subscriber',
    file: `${DIRECT}/push-socket-thread.ts`,
    before: 'const requested = this.shouldTryToSend(subscriber) ? SEND | RECV : RECV',
    after: 'const requested = RECV',
  },
  {
    name: "a subscriber's socket is closed twice",
    file: `${DIRECT}/push-socket-thread.ts`,
    before: `    if (!memory.closed) {
      memory.markClosed()
      sock.close()
    }`,
    after: `    memory.markClosed()
    sock.close()`,
  },
  {
    name: 'a part of a message is taken for all of it',
    file: `${VIRTUAL}/push-connman.ts`,
    before: `sending.consume(n)
`,
    after: `sending.consume(n > 0 ? pending.length : 0)
`,
  },
  {
    name: 'a request of a subscriber that is still pushed to is lost',
    file: `${NODE}/push/push-pace.ts`,
    before: `    this.left = messages
`,
    after: `    if (this.left === 0) this.left = messages
    else this.left--
`,
  },
  {
    name: 'a request for nothing hides the one before it',
    file: 'implementations/protocol/sv2/push-request.ts',
    before: 'this.request.readUInt32LE() || messages',
    after: 'this.request.readUInt32LE()',
  },
  {
    name: 'the seventh message is pushed twice',
    file: `${NODE}/push/push-handler.ts`,
    before: 'if (!this.connman.pushMessage(subscriber, this.message)) this.disconnect(subscriber)',
    after: `this.connman.pushMessage(subscriber, this.message)
      if (subscriber.messages === 7) this.connman.pushMessage(subscriber, this.message)`,
  },
  {
    name: 'SEND is not polled for while a request waits',
    file: `${DIRECT}/outbound-http-socket-thread.ts`,
    before: 'const requested = this.shouldTryToSend(connection) ? SEND | RECV : RECV',
    after: 'const requested = RECV',
  },
  {
    name: 'SO_ERROR of a connection in progress is not looked at',
    file: 'implementations/sock/connect.ts',
    before: 'return error > 0 ? -error : error',
    after: 'return error > 0 ? 0 : error',
  },
  {
    name: 'an immediate error of connect is taken for success',
    file: 'implementations/sock/connect.ts',
    before: 'if (started !== -EINPROGRESS && started !== -EINTR) return started',
    after: 'if (started !== -EINPROGRESS && started !== -EINTR) return 0',
  },
  {
    name: 'a connect that is interrupted has failed',
    file: 'implementations/sock/connect.ts',
    before: 'if (started !== -EINPROGRESS && started !== -EINTR) return started',
    after: 'if (started !== -EINPROGRESS) return started',
  },
  {
    name: 'a socket that could not be connected is left open',
    file: 'implementations/sock/connect.ts',
    before: `  sock.close()
  return result`,
    after: '  return result',
  },
  {
    name: 'a wallet is not told that its connection is closed',
    file: `${DEVIRTUALIZED}/outbound-http-connman.ts`,
    before: `for (const connection of this.polled.slice()) this.dropConnection(connection)
`,
    after: '',
  },
  {
    name: "a wallet's connection is never closed",
    file: `${VIRTUAL}/outbound-http-connman.ts`,
    before: `  removeConnection({ id, memory }: IdConnection): void {
    this.closeConnection(id)`,
    after: '  removeConnection({ memory }: IdConnection): void {',
  },
  {
    name: 'a connection is used again although bytes follow the reply',
    file: `${NODE}/outbound-http/reply-receiver.ts`,
    before:
      'const reusable = keepAlive && parser.keepAlive && nothingFollows && this.requestIsSent()',
    after: 'const reusable = keepAlive && parser.keepAlive && this.requestIsSent()',
  },
  {
    name: 'a connection is used again although its request is not sent',
    file: `${NODE}/outbound-http/reply-receiver.ts`,
    before: 'nothingFollows && this.requestIsSent()',
    after: 'nothingFollows',
  },
  {
    name: 'bytes that nobody asked for are taken for a reply',
    file: `${NODE}/outbound-http/reply-receiver.ts`,
    before: `if (!memory.replyAwaited) return 'over' // nothing was asked for`,
    after: '',
  },
  {
    name: 'the end of the connection does not end a reply',
    file: `${NODE}/outbound-http/reply-receiver.ts`,
    before: `this.parser.finish()
`,
    after: '',
  },
  {
    name: 'the second reply of a connection is parsed as a part of the first',
    file: `${NODE}/outbound-http/reply-receiver.ts`,
    before: `      known.restart()
`,
    after: '',
  },
  {
    name: 'a request that cannot be sent is waited for',
    file: `${DEVIRTUALIZED}/outbound-http-connman.ts`,
    before: `        memory.requestDisconnect()
        break`,
    after: '        break',
  },
  {
    name: 'a failed request is followed by the next at once',
    file: `${NODE}/outbound-http/wallet.ts`,
    before: `if (previous.ending !== 'reply') this.pause()`,
    after: '',
  },
  {
    name: "the last request's reply is taken for this one's",
    file: `${THREADS}/outbound-http-memory.ts`,
    before: 'Atomics.store(this.control, Control.reply, AWAITED)',
    after:
      'if (Atomics.load(this.control, Control.reply) < FIRST_ENDING) Atomics.store(this.control, Control.reply, AWAITED)',
  },
  {
    name: "a connection's memory is used again before it is closed",
    file: `${NODE}/outbound-http/wallet.ts`,
    before: `      if (!connection.memory.closed) return true
`,
    after: '',
  },
  {
    name: 'in mode pollout the end of file is not looked at',
    file: `${VIRTUAL}/sockman.ts`,
    before: 'else if (n === 0) this.eventGotEOF(id)',
    after: `else if (n === 0 && this.context.options.sendMode !== 'pollout') this.eventGotEOF(id)`,
  },
  {
    name: 'who stops goes on listening',
    file: `${DEVIRTUALIZED}/sockman.ts`,
    before: `    this.stopListening()
  }`,
    after: '  }',
  },
  {
    name: 'who stops leaves its connections open',
    file: `${DIRECT}/push-socket-thread.ts`,
    before: `    for (const subscriber of this.subscribers) this.closeSocket(subscriber)
`,
    after: '',
  },
  {
    name: 'a web server that stops takes on new requests',
    file: `${NODE}/http/request-flow.ts`,
    before: `    this.interrupted = true
`,
    after: '',
  },
]
