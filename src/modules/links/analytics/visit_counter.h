// VisitCounter: reads what was kept of clicks and adds it up by link and hour, as it goes into a
// batch of level kVisits. Not thread-safe: the flusher's.
//
//   referrer    host of an http(s) Referer, nothing else of it
//   device, os, browser, bot    of the User-Agent (visitor.h); of a bot the device alone
//   utm_*       of the visit's query; where it has none of them, of the link's target
//   country, region    of the address, where there is a file of countries (geo_file.h)
//   choice      "rule 1", "variant 2"
//
// Bounded: at most ClickBuffer::kDetails a shard are added between two take().
#pragma once

#include <utility>

#include "modules/links/analytics/keyed_rollup.h"
#include "modules/links/click_detail.h"

namespace ashlar::links {
class GeoFile;
}

namespace ashlar::links::analytics {

class VisitorSalts;

class VisitCounter {
 public:
  // Both outlive it; `geo` may be null.
  explicit VisitCounter(const VisitorSalts& salts, const GeoFile* geo = nullptr)
      : salts_(salts), geo_(geo) {}

  void add(const KeptClick& click);
  // What was added since the last one; of links alone.
  KeyedRollups take() { return std::exchange(rollups_, {}); }

 private:
  const VisitorSalts& salts_;
  const GeoFile* const geo_;
  KeyedRollups rollups_;
};

}  // namespace ashlar::links::analytics
