export { dataCache, obtainDataFile } from './webData.js';
export { listFolder } from './webFolder.js';
export { storage } from './webStorage.js';
