export default {
  outDir: process.env.CAMPFIRE_TEST_SITE,
  cacheDir: process.env.CAMPFIRE_TEST_SITE + "/cache",
  build: { format: "file" },
};
