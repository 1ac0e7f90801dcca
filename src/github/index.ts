export { type Connection, type GitHub, openGitHub } from './client.ts';
export { type Incident, type IncidentResult, updateIncident } from './incident.ts';
export { MEMORY_BYTES } from './marker.ts';
