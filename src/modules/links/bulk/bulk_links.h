// BulkLinks: many links made or changed in one transaction, each for itself: what is refused of one
// is that one's outcome and leaves nothing behind, what fails for all (storage) rolls back all.
//
//   item ── Links::make(), update() ──ok──> its outcome
//              ├─ refused (is_refusal()) ──> its outcome, with the error
//              └─ anything else ──> the error of the whole
//
// Promises
//  1. Outcomes stand in the order of what was given, one for each.
//  2. What comes first counts: a code given twice is the first one's, and find_if_exists finds what
//     was made before it in the same request.
//  3. A repeat of an update changes nothing: it is unchanged then.
//
// Inside the caller's transaction, for its tenant. Pure but for it; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/link.h"
#include "modules/links/link_ref.h"
#include "modules/links/links.h"

namespace ashlar::links {

// Whether the error is about the one link, and nothing was written for it.
bool is_refusal(const base::Error& error);

struct BulkItem {
  NewLink link{};
  std::optional<base::Error> refused{};  // before there was a transaction
};

struct BulkCreated {
  std::optional<Link> link{};  // not set: refused
  bool existed = false;
  base::Error problem{};
};

// `made` is called with each new link, in the transaction.
using OnMade = std::function<base::Status(std::size_t index, const Link& link)>;
base::Result<std::vector<BulkCreated>> create_each(storage::Transaction& tx, const Links& links,
                                                   std::span<const BulkItem> items,
                                                   std::string_view traceparent,
                                                   const OnMade& made);

struct BulkSet {
  std::optional<bool> enabled{};
  std::optional<bool> archived{};
  std::optional<std::string> owner{};                     // "": nobody's
  std::optional<std::optional<base::Time>> expires_at{};  // set and empty: never
  std::vector<std::string> tags_add{};
  std::vector<std::string> tags_remove{};
};

struct BulkUpdated {
  std::string host;
  std::string code;
  bool changed = false;
  std::optional<base::Error> problem{};
};

// A tag in both is added. Errors of one beside those of Links::update(): kInvalid too_many_tags.
base::Result<std::vector<BulkUpdated>> update_each(storage::Transaction& tx, const Links& links,
                                                   std::span<const LinkRef> refs,
                                                   const BulkSet& set,
                                                   std::string_view traceparent);

}  // namespace ashlar::links
