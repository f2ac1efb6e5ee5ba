import { testSendPaths } from './fixtures/test-send-path.ts'

testSendPaths(() => 2, 1_200_000)
