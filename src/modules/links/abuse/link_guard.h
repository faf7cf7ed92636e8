// LinkGuard: what is looked at when a link is made or given other targets, inside the transaction
// that does it.
//
//   judge(): hosts denied? ──yes──> target_denied          follow(), when the link has its row:
//      └─ verdict of the list, but for what is cleared        a review is opened of what is
//            listed: target_unsafe, or flagged                suspected or flagged; without a
//      └─ signs of hosts, open redirects ──> flag             verdict a job looks it up later
//
// Promises
//  1. A host that the tenant or the operator denies is no target of a link that is made or changed
//     from then on, in any of its URLs nor in a URL that one of them carries as a parameter. A link
//     whose URLs carry more than are judged is suspected.
//  2. The list's service is asked outside (ThreatLookup), before the transaction or by a job; no
//     link is refused because the service did not answer.
//  3. Owners cannot take a flag away; not by changing the target either.
//
// Errors: kInvalid target_denied, target_unsafe, under the field that holds the URL; and storage's.
// Immutable; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/links/abuse/flag_rules.h"
#include "modules/links/abuse/host_signs.h"
#include "modules/links/abuse/link_targets.h"
#include "modules/links/abuse/list_verdict.h"
#include "modules/links/domain.h"
#include "modules/links/link.h"

namespace ashlar::jobs {
class Jobs;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links::abuse {

inline constexpr const char* kCheckJob = "links.check";  // payload: the link's id, or
// Of a tenant's domains the first so many are names that others may not look like.
inline constexpr std::int64_t kMaxProtectedDomains = 50;
inline constexpr std::string_view kOfDomain = "domain:";  // and a domain's

class LinkGuard {
 public:
  struct Options {
    bool refuses_listed = true;  // false: such links are made, and flagged
    bool lists = false;          // there is a list to ask
    std::vector<std::string> protected_hosts{};
    jobs::Jobs* jobs = nullptr;  // null: nothing is looked up later
  };
  // `clock` outlives it, as Options::jobs does.
  LinkGuard(const Options& options, const base::Clock& clock);

  // Sets link.settings.flag. `verdict`: of judged_urls(), all of them; none: not known.
  base::Status judge(storage::Transaction& tx, Link& link,
                     const std::optional<ListVerdict>& verdict) const;
  base::Status follow(storage::Transaction& tx, const Link& link,
                      const std::optional<ListVerdict>& verdict) const;
  // The same of a domain's pages: their denials at once, what lists say by a job. A list that has
  // them stops them (domain_stops.h).
  base::Status judge_pages(storage::Transaction& tx, const Domain& domain) const;
  base::Status follow_pages(storage::Transaction& tx, const Domain& domain) const;
  // The link is removed: nobody has to decide on it any more.
  static base::Status leave(storage::Transaction& tx, LinkId link);

 private:
  base::Status enqueue(storage::Transaction& tx, std::string payload) const;
  [[nodiscard]] std::vector<std::string> signs_of(const JudgedUrls& judged,
                                                  const std::vector<std::string>& own) const;

  const Options options_;
  const HostSigns signs_;
  const base::Clock& clock_;
};

// Puts the link into the operator's queue, unless it is there or was decided to be flagged.
// `entries`: of lists, kept for a decision, beside those that are.
base::Status open_review(storage::Transaction& tx, LinkId link, std::string_view opened_for,
                         const std::vector<ListMatch>& entries, base::Time now);
// The same; `entries` are all that hold, in the place of those that are kept.
base::Status hold_review(storage::Transaction& tx, LinkId link, std::string_view opened_for,
                         const std::vector<ListMatch>& entries, base::Time now);

std::string stored_entries(const std::vector<ListMatch>& entries);
std::vector<ListMatch> entries_from_stored(std::string_view text);

}  // namespace ashlar::links::abuse
