/** What a server needs to have data files for pages; the packages that they are made of come with this one. */
export { type DataFile, dataFiles, readDataFile } from '@evenkeel/nn';
