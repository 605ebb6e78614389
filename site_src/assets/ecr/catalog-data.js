// The cards of the catalog and the search over them. Loads shards one after the other and tells
// whoever asked after each; knows nothing of the page. Ranking, prefixes and typing errors are
// MiniSearch's (minisearch.js: 7.2.0, MIT licence, as published on npm).

import MiniSearch from "./minisearch.js";

const AT_ONCE = 4;
const WEIGHT_OF_WORDS = 0.3;
const MOST_TERMS = 8;

export class CatalogData {
  /**
   * @param {URL} root Where the site begins, ending in "/".
   * @param {string[]} digests One for each shard of cards.
   */
  constructor(root, digests) {
    this.root = root;
    this.digests = digests;
    this.cards = [];
    this.complete = false;
    this.failed = false;
    this.byId = new Map();
    this.index = new MiniSearch({
      fields: ["title", "keywords", "id", "summary"],
      searchOptions: {
        boost: { title: 4, keywords: 3, id: 2, summary: 1.5 },
        prefix: (term) => term.length > 1,
        fuzzy: (term) => (term.length > 4 ? 0.2 : false),
        maxFuzzy: 2,
      },
    });
    this.words = new MiniSearch({
      fields: ["words"],
      searchOptions: { prefix: (term) => term.length > 2 },
    });
    this.wordsAsked = null;
    this.docsAsked = null;
  }

  /** Load all cards; calls back after each shard. */
  async loadCards(tell) {
    const wanted = this.digests.map((digest, shard) => () => this.loadShard(digest, shard, tell));
    try {
      await runSome(wanted);
      this.complete = true;
    } catch {
      this.failed = true;
    }
    tell();
  }

  async loadShard(digest, shard, tell) {
    const data = await fetchJson(new URL(`search/cards/${shard.toString(16)}.json?${digest}`, this.root));
    const fields = Object.fromEntries(data.fields.map((name, place) => [name, place]));
    const documents = [];
    for (const row of data.rows) {
      const card = {
        number: this.cards.length,
        id: row[fields.id],
        title: row[fields.title],
        summary: row[fields.summary],
        keyword: row[fields.keywords],
        platform: row[fields.platforms].map((place) => data.platforms[place]),
        kind: [row[fields.kind]],
        hardware: row[fields.hardware].map((place) => data.hardware[place]),
        status: [row[fields.stage]],
        namespace: [row[fields.id].split("/")[0]],
        version: row[fields.version],
        added: row[fields.added],
        icon: row[fields.icon],
      };
      this.cards.push(card);
      this.byId.set(card.id, card);
      documents.push({
        id: card.id,
        title: card.title,
        summary: card.summary,
        keywords: card.keyword.join(" "),
      });
    }
    this.index.addAll(documents);
    tell();
  }

  /** Load the words of the descriptions, once; calls back after each shard. */
  loadWords(tell) {
    this.wordsAsked ??= runSome(
      this.digests.map((_, shard) => async () => {
        const data = await fetchJson(new URL(`search/words/${shard.toString(16)}.json`, this.root));
        await this.words.addAllAsync(
          Object.entries(data).map(([id, words]) => ({ id, words })),
          { chunkSize: 100 },
        );
        tell();
      }),
    ).catch(() => {});
    return this.wordsAsked;
  }

  /**
   * Find bundles by what was typed: each term must match, in the card or in the description.
   * @returns {Map<string, number> | null} Score by bundle id; null when nothing was typed.
   */
  search(query) {
    const terms = query.split(/[\s/,;:]+/).filter(Boolean).slice(0, MOST_TERMS);
    let scores = null;
    for (const term of terms) {
      const found = new Map();
      for (const hit of this.index.search(term)) found.set(hit.id, hit.score);
      for (const hit of this.words.search(term)) {
        found.set(hit.id, (found.get(hit.id) ?? 0) + WEIGHT_OF_WORDS * hit.score);
      }
      if (scores) {
        for (const [id, score] of scores) {
          if (found.has(id)) scores.set(id, score + found.get(id));
          else scores.delete(id);
        }
      } else {
        scores = found;
      }
    }
    return scores;
  }

  /** Find pages of the documentation: at most `most` of {title, location, text}. */
  async searchDocs(query, most) {
    this.docsAsked ??= loadDocs(this.root);
    const docs = await this.docsAsked;
    return docs ? docs.search(query).slice(0, most) : [];
  }
}

async function loadDocs(root) {
  try {
    const data = await fetchJson(new URL("search/search_index.json", root));
    const docs = new MiniSearch({
      idField: "location",
      fields: ["title", "text"],
      storeFields: ["title", "location", "text"],
      searchOptions: { boost: { title: 3 }, prefix: (term) => term.length > 2, combineWith: "AND" },
    });
    // The index keeps some markup; only its text is wanted.
    const plain = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;
    await docs.addAllAsync(
      data.docs.map(({ location, title, text }) => ({ location, title: plain(title), text: plain(text) })),
    );
    return docs;
  } catch {
    return null;
  }
}

async function fetchJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

async function runSome(tasks) {
  const waiting = [...tasks];
  const work = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) await task();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
