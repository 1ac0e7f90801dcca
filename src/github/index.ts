export { type Connection, type GitHub, openGitHub } from './client.ts';
export { type Choice, type OldText, type Sticky, type StickyResult, updateComment } from './comment.ts';
export { type Incident, type IncidentResult, updateIncident } from './incident.ts';
export { MEMORY_BYTES } from './marker.ts';
export { findPullRequest, type PullRequest, type Where } from './pull-request.ts';
