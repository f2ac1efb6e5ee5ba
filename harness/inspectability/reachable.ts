import type { Debugger, Runtime } from 'node:inspector'
import type { ThreadSession } from './thread-session.ts'

/** What somebody who debugs a peer asks for. */
export const questions = ['peer', 'id', 'fd', 'type', 'queued', 'address'] as const
export type Question = (typeof questions)[number]

/** How it is come to from a frame's `this` and locals. */
export interface Reach {
  /** Entries of a map or an array that must be picked, by a key that one has to know. */
  lookUps: number
  /** Properties that must be opened; 0: it is a local. */
  opened: number
  /** As one would write it: `sockets.sock.#fd`. */
  path: string
}

export type Reached = Partial<Record<Question, Reach>>

const MOST_OPENED = 3
const MOST_LOOK_UPS = 1
const MOST_ENTRIES = 4
/** So many objects of a frame are looked into; what is further away nobody finds. */
const MOST_OBJECTS = 400

/** Who owns a local. */
const LOCAL = ''

interface Visit extends Reach {
  objectId: string
  className: string
  subtype: string | undefined
}

/** Nearest first: fewer look-ups, then fewer properties opened. Getters are not called. */
export function reachableFrom(session: ThreadSession, frame: Debugger.CallFrame): Reached {
  const reached: Reached = {}
  const { roots, locals } = startOf(session, frame)
  for (const { name, value } of locals) answer(reached, name, value, LOCAL, local(name))
  const queue = roots
  for (let looked = 0; queue.length > 0 && looked < MOST_OBJECTS; looked++) {
    queue.sort((one, other) => one.lookUps - other.lookUps || one.opened - other.opened)
    const visit = queue.shift() as Visit
    // What is left is no nearer than what is known.
    if (visit.lookUps > 0 && questions.every(question => question in reached)) break
    queue.push(...lookInto(session, visit, reached))
  }
  return reached
}

function startOf(session: ThreadSession, frame: Debugger.CallFrame) {
  const locals: { name: string; value: Runtime.RemoteObject }[] = []
  if (frame.this.type === 'object') locals.push({ name: 'this', value: frame.this })
  for (const { type, object } of frame.scopeChain) {
    if (type !== 'local' && type !== 'block') continue
    const { properties } = propertiesOf(session, object.objectId ?? '')
    locals.push(...properties)
  }
  const roots = locals.flatMap(({ name, value }) => visitOf(value, local(name)))
  return { roots, locals }
}

function local(path: string): Reach {
  return { lookUps: 0, opened: 0, path }
}

function lookInto(
  session: ThreadSession,
  { objectId, className, subtype, lookUps, opened, path }: Visit,
  reached: Reached,
): Visit[] {
  if (opened === MOST_OPENED) return []
  const { properties, entries } = propertiesOf(session, objectId)
  const isCollection = subtype === 'map' || subtype === 'array'
  if (isCollection) {
    if (lookUps === MOST_LOOK_UPS) return []
    const picked = subtype === 'map' ? entries : properties.filter(({ name }) => /^\d+$/.test(name))
    return picked.slice(0, MOST_ENTRIES).flatMap(({ value }) => {
      const reach = { lookUps: lookUps + 1, opened: opened + 1, path: `${path}[…]` }
      answer(reached, '', value, className, reach)
      return visitOf(value, reach)
    })
  }
  return properties.flatMap(({ name, value }) => {
    const reach = { lookUps, opened: opened + 1, path: `${path}.${name}` }
    answer(reached, name, value, className, reach)
    return visitOf(value, reach)
  })
}

function visitOf(value: Runtime.RemoteObject, reach: Reach): Visit[] {
  const { type, subtype, objectId, className = '' } = value
  const isOpened = subtype === undefined || subtype === 'map' || subtype === 'array'
  if (type !== 'object' || objectId === undefined || !isOpened) return []
  return [{ ...reach, objectId, className, subtype }]
}

/** Keeps the nearest. */
function answer(
  reached: Reached,
  name: string,
  value: Runtime.RemoteObject,
  owner: string,
  reach: Reach,
): void {
  for (const question of answeredBy(name, value, owner)) {
    const before = reached[question]
    const isNearer =
      before === undefined ||
      reach.lookUps < before.lookUps ||
      (reach.lookUps === before.lookUps && reach.opened < before.opened)
    if (isNearer) reached[question] = reach
  }
}

/** By what a property is called, and the class of its value or owner. */
function answeredBy(name: string, value: Runtime.RemoteObject, owner: string): Question[] {
  const { type, className = '' } = value
  if (type === 'object') {
    if (isPeer(className)) return ['peer']
    return className === 'SendQueue' ? ['queued'] : []
  }
  if (type === 'string') return /^(remoteAddress|peerAddress)$/.test(name) ? ['address'] : []
  if (type !== 'number') return []
  if (owner === 'WritableState' && name === 'length') return ['queued']
  if (name === 'fd' || name === '#fd') return ['fd']
  if (name === 'id') return owner === LOCAL || isPeer(owner) ? ['id'] : []
  // A message's, where it is at hand; a queue's or a transport's is that of another message.
  return name === 'type' && owner === LOCAL ? ['type'] : []
}

/** `DirectNode`, `P2pNode`, `LibuvNode` */
function isPeer(className: string): boolean {
  return className.endsWith('Node')
}

interface Property {
  name: string
  value: Runtime.RemoteObject
}

function propertiesOf(session: ThreadSession, objectId: string) {
  const { result, privateProperties, internalProperties } = session.post<
    Runtime.GetPropertiesReturnType & {
      privateProperties?: { name: string; value?: Runtime.RemoteObject | undefined }[]
    }
  >('Runtime.getProperties', { objectId, ownProperties: true })
  const properties = [...result, ...(privateProperties ?? [])].filter(hasValue)
  const list = internalProperties?.find(({ name }) => name === '[[Entries]]')?.value?.objectId
  return { properties, entries: list === undefined ? [] : entriesOf(session, list) }
}

/** Of a map: what each of its entries holds. */
function entriesOf(session: ThreadSession, list: string): Property[] {
  const { result } = session.post<Runtime.GetPropertiesReturnType>('Runtime.getProperties', {
    objectId: list,
    ownProperties: true,
  })
  const found: Property[] = []
  for (const { name, value } of result.filter(hasValue)) {
    if (!/^\d+$/.test(name) || value.objectId === undefined) continue
    if (found.length === MOST_ENTRIES) break
    const { result: pair } = session.post<Runtime.GetPropertiesReturnType>(
      'Runtime.getProperties',
      { objectId: value.objectId, ownProperties: true },
    )
    found.push(...pair.filter(hasValue).filter(part => part.name === 'value'))
  }
  return found
}

function hasValue<P extends { name: string; value?: Runtime.RemoteObject | undefined }>(
  property: P,
): property is P & Property {
  return property.value !== undefined
}
