// LinkTitles: gives links the titles of the pages that they lead to, in the background.
//
//   ask() in the link's transaction ──> job ──> TitleFetcher ──> Links::update(title)
//                                        │ unavailable: kTries times in all, later and later
//                                        └ forbidden, or the page has no title: that is that
//
// Promises
//  1. A job commits with its link or not at all; at most kPerHost pages of one host are asked for
//  at
//     once for a tenant, over all processes, and TitleFetcher::kAtOnce in all of this one.
//  2. A title is set once, and only where the link still leads where it led and has no title by
//     then: what a person wrote stays.
//
// Any thread. The Runner calls kind()'s handler.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/titles/title_fetcher.h"
#include "platform/jobs/runner.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::links {

struct Link;
class Links;

inline constexpr std::string_view kTitleJob = "links.title";

class LinkTitles {
 public:
  static constexpr int kTries = 3;
  static constexpr std::int64_t kPerHost = 2;
  static constexpr base::Millis kJobTimeout{15'000};  // the fetch and its commit

  // `jobs` may be null: then no title is ever fetched. All by reference outlives it.
  LinkTitles(TitleFetcher::Options options, storage::Database& db, const Links& links,
             jobs::Jobs* jobs, const base::Clock& clock, obs::Registry& metrics);

  // Nothing where the link has a title.
  base::Status ask(storage::Transaction& tx, const Link& link, std::string_view traceparent) const;

  jobs::KindOptions kind();
  void
  stop();  // before the Runner: what is under way fails, and is tried again by the next process

 private:
  jobs::Outcome work(const jobs::Attempt& attempt);
  base::Status set(base::TenantId tenant, std::string_view key, std::string_view url,
                   const std::string& title, std::string_view traceparent);

  storage::Database& db_;
  const Links& links_;
  jobs::Jobs* const jobs_;
  TitleFetcher fetcher_;
  obs::Counter& set_count_;
  obs::Counter& none_count_;
  obs::Counter& forbidden_count_;
  obs::Counter& unavailable_count_;
};

}  // namespace ashlar::links
