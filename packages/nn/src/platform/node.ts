export { dataCache, obtainDataFile } from './nodeData.js';
export { listFolder } from './nodeFolder.js';
export { storage } from './nodeStorage.js';
