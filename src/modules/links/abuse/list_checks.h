// ListChecks: links that are there are looked up on the list of unsafe pages, by jobs.
//
//   links.check     one link: made or changed when the service did not answer, or in bulk. Tried
//                   again with growing pauses; what is never answered is left to the round
//                   Or the pages of one domain
//   links.recheck   the round: all links by id, kSlice at a time, and all domains beside them,
//   again and again, one job for all
//                   instances, its place kept in the database. A round begins Options::every after
//                   the last one began; within it a slice each kPause
//
// The round also holds what the operator denies to all against links that were made before. Without
// a list that is all it does.
//
// Promises
//  1. Asking the service has no place inside a transaction; what changes a link looks at the link
//     again in its own, and leaves it alone where it leads elsewhere by now.
//  2. Doing a slice twice does nothing twice.
//  3. A service that does not answer changes no flag.
//  4. A flag that a list or the operator's denial has put goes when they let go of the URLs that it
//     was put for: those are looked up too where the link leads elsewhere by now.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"
#include "modules/links/abuse/domain_stops_store.h"
#include "modules/links/abuse/list_verdict.h"
#include "modules/links/abuse/reviews_store.h"
#include "modules/links/link.h"
#include "platform/jobs/runner.h"

namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
}

namespace ashlar::links {
class Links;
}

namespace ashlar::links::abuse {

class DomainStops;
class Reviews;
class ThreatLookup;

inline constexpr const char* kRecheckJob = "links.recheck";

class ListChecks {
 public:
  static constexpr std::int64_t kSlice = 200;
  static constexpr std::int64_t kDomainSlice = 50;
  static constexpr base::Seconds kPause{1};

  struct Options {
    base::Seconds every{24 * 3600};
  };
  // All outlive it.
  ListChecks(const Options& options, storage::Database& db, const Links& links, Reviews& reviews,
             DomainStops& stops, ThreatLookup& threats, const base::Clock& clock,
             obs::Registry& metrics, obs::Log& log);

  std::vector<jobs::KindOptions> kinds();
  // The round's job, if there is none.
  base::Status begin(jobs::Jobs& jobs);

  // One of each, for the runner and for tests.
  jobs::Outcome check(const jobs::Attempt& attempt);
  jobs::Outcome recheck();

 private:
  struct Slice;
  // Whether there is anything to hold links against, or a flag that might have to go.
  base::Result<bool> is_needed();
  base::Result<Slice> next_slice();
  base::Result<std::vector<ListVerdict>> look_up(const std::vector<RoundLink>& links);
  // To the verdicts: the hosts among them that the operator denies.
  base::Status add_denials(const std::vector<RoundLink>& links, std::vector<ListVerdict>& verdicts);
  // To the verdict: what the link was flagged for, with other targets, and what still holds.
  base::Status add_held(const RoundLink& link, ListVerdict& verdict);
  base::Result<std::set<std::string>> denied_to_all(const std::vector<std::string>& names);
  base::Result<std::vector<ListMatch>> still_held(const std::vector<ListMatch>& entries);
  base::Status settle(const RoundLink& link, const ListVerdict& verdict);
  base::Status end_clearances(const std::vector<RoundLink>& links,
                              const std::vector<ListVerdict>& verdicts);
  base::Status work(const std::vector<RoundLink>& links);
  base::Status work_on_pages(const std::vector<DomainPages>& domains);
  jobs::Outcome check_pages(base::TenantId tenant, DomainId domain);

  const Options options_;
  storage::Database& db_;
  const Links& links_;
  Reviews& reviews_;
  DomainStops& stops_;
  ThreatLookup& threats_;
  const base::Clock& clock_;
  obs::Log& log_;
  obs::Counter& checked_;
  obs::Counter& rounds_;
};

// Of judged_urls(), what the list says; nullopt: it did not answer. Blocks; not in a transaction.
std::optional<ListVerdict> verdict_of(ThreatLookup& threats, std::string_view url,
                                      const LinkSettings& settings);

}  // namespace ashlar::links::abuse
