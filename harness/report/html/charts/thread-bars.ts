import type { ThreadRole } from '../../../thread-roles.ts'
import type { ThreadCosts } from '../../figures/thread-costs.ts'
import type { UserAndKernel } from '../../figures/user-and-kernel.ts'
import { figure, percentOfOne } from '../../quantities.ts'
import type { Chart } from '../chart.ts'

const roleNames: Record<ThreadRole, string> = {
  socket: 'socket thread',
  handlers: 'handlers',
  other: 'other threads',
}

const roleColours: Record<ThreadRole, string> = {
  socket: 'var(--series-0)',
  handlers: 'var(--series-4)',
  other: 'var(--series-6)',
}

/** Where the CPU of a unit of work went. */
export function threadBars(subjects: readonly ThreadCosts[]): Chart[] {
  if (subjects.length === 0) return []
  const [{ unit }] = subjects
  const values = subjects.flatMap(({ name, parts }) => {
    let from = 0
    return parts.map(({ role, cost }) => {
      const bar = { name, part: roleNames[role], from, to: from + cost, text: '' }
      from += cost
      return { ...bar, text: `${name}, ${roleNames[role]}: ${figure(cost)} ${unit}` }
    })
  })
  const roles = rolesIn(subjects.flatMap(({ parts }) => parts))
  return [
    {
      title: 'CPU by thread',
      description: subjects
        .map(({ name, parts }) => {
          const texts = parts.map(({ role, cost }) => `${roleNames[role]} ${figure(cost)}`)
          return `${name}: ${texts.join(', ')} ${unit}`
        })
        .join('; '),
      notes: ['each part is a median over processes, so that a bar is not exactly the whole'],
      spec: barSpec(
        values,
        unit,
        roles.map(role => ({ part: roleNames[role], colour: roleColours[role] })),
      ),
    },
  ]
}

/** In which mode, by thread; nothing where the record does not say. */
export function userAndKernelBars(subjects: readonly UserAndKernel[]): Chart[] {
  if (subjects.length === 0) return []
  const partName = (role: ThreadRole, mode: string) => `${roleNames[role]}, ${mode}`
  const values = subjects.flatMap(({ name, parts }) => {
    let from = 0
    return parts.map(({ role, mode, share }) => {
      const part = partName(role, mode)
      const bar = { name, part, from: 100 * from, to: 100 * (from + share) }
      from += share
      return { ...bar, text: `${name}, ${part}: ${percentOfOne(share)}` }
    })
  })
  const roles = rolesIn(subjects.flatMap(({ parts }) => parts))
  const looks = roles.flatMap(role =>
    (['user', 'kernel'] as const).map(mode => ({
      part: partName(role, mode),
      colour: mode === 'user' ? roleColours[role] : fainter(roleColours[role]),
    })),
  )
  return [
    {
      title: 'User and kernel time',
      description: subjects
        .map(({ name, parts }) => {
          const texts = parts.map(
            ({ role, mode, share }) => `${partName(role, mode)} ${percentOfOne(share)}`,
          )
          return `${name}: ${texts.join('; ')}`
        })
        .join('. '),
      notes: [
        'fainter: in the kernel. Estimates: the kernel looks at each tick of its clock in which mode a thread is',
      ],
      spec: barSpec(values, '% of the subject’s CPU', looks),
    },
  ]
}

function fainter(colour: string): string {
  return `color-mix(in srgb, ${colour} 45%, var(--ground))`
}

interface Bar {
  name: string
  part: string
  from: number
  to: number
  text: string
}

function barSpec(
  values: readonly Bar[],
  axisTitle: string,
  looks: readonly { part: string; colour: string }[],
): Chart['spec'] {
  const domain = looks.map(({ part }) => part)
  const legend = { title: null, orient: 'bottom', columns: 2, symbolType: 'square' } as const
  return {
    width: 480,
    height: { step: 22 },
    data: { values: [...values] },
    mark: { type: 'bar', height: 14, stroke: 'var(--ground)', strokeWidth: 1 },
    encoding: {
      y: {
        field: 'name',
        type: 'nominal',
        sort: values.map(({ name }) => name),
        axis: { title: null, labelLimit: 220 },
      },
      x: { field: 'from', type: 'quantitative', axis: { title: axisTitle, tickCount: 6 } },
      x2: { field: 'to' },
      color: {
        field: 'part',
        type: 'ordinal',
        scale: { domain, range: looks.map(({ colour }) => colour) },
        legend,
      },
      description: { field: 'text' },
    },
  }
}

function rolesIn(parts: readonly { role: ThreadRole }[]): ThreadRole[] {
  const roles: readonly ThreadRole[] = ['socket', 'handlers', 'other']
  return roles.filter(role => parts.some(part => part.role === role))
}
