// aimock as it is, on the port that is given: its fixtures, and a judge of texts.
import { LLMock } from "@copilotkit/aimock";

const mock = new LLMock({ host: "127.0.0.1", port: Number(process.argv[2]) });
mock.loadFixtureFile(new URL("./fixtures.json", import.meta.url).pathname);
mock.onModerate("poison", { flagged: true, categories: { violence: true }, category_scores: { violence: 0.97 } });
mock.onModerate(/.*/, { flagged: false, categories: { violence: false }, category_scores: { violence: 0.01 } });
await mock.start();
