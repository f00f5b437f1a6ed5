/** The client without any adapter: what it runs on comes in as options. */
export { createClient } from './create-client.ts'
