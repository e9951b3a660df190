export type { DataFile, PackageFiles } from './dataFile.js';
export { dataFiles } from './files.js';
export type { GreyImages } from './images.js';
export { mnist } from './mnist.js';
export { mnistFiles } from './mnistFiles.js';
export { readDataFile, useDataServer } from './readDataFile.js';
export { type Mail, type MailGroup, mailGroups, spamMails } from './spamMails.js';
export { type Address, stateOfTheUnion } from './stateOfTheUnion.js';
