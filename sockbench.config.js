// @ts-check
import { defineConfig } from 'sockbench'

export default defineConfig({
  gate: {
    budget: '570s',
    comparisons: [
      { scenario: 'ibd', set: { profile: 'large' }, marginPercent: 1 },
      { scenario: 'ibd', set: { profile: 'small' }, marginPercent: 1 },
      { scenario: 'http', set: { case: 'keep-alive' }, marginPercent: 5 },
      {
        scenario: 'push',
        set: { mode: 'optimistic', slices: 1 },
        backends: ['virtual-sockman'],
        metrics: ['latencyP50'],
        marginPercent: 25,
      },
    ],
  },
})
