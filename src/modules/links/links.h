// Links: short codes that lead to targets; the rules. (Redirecting: redirects.h. Counting:
// clicks.h.)
//
// Every function runs inside the caller's transaction and for its tenant; another tenant's link and
// none at all are the same to it (kNotFound link_not_found).
//
// Promises
//  1. A code names one link: (domain, code) is unique in the database, across tenants.
//  2. Codes are 3 to 64 of [A-Za-z0-9_-], compared by case; none is a reserved word in any case.
//     A generated code that is taken or reserved takes the next id.
//  3. Targets have passed check_target() (target.h).
//  4. Each change adds one to `version`. It and each creation append an event to the outbox
//     (links_events.h), by which redirects learn, in every process, what they have kept too long.
//     Without an outbox the code is sent on kLinksChannel instead (storage/database.h, 5); not
//     of a generated one: it cannot be asked for before but by luck, and what is unknown is cached
//     for a second only (redirects.h).
//  5. `expires_at` is in the future when it is set; null takes it away.
//  6. Settings (link_settings.h) have passed check_settings() (settings_rules.h).
//
// Errors: kInvalid with the fields named (reasons of target.h, code_malformed, code_reserved,
//         status_unsupported, expires_in_past), kConflict code_taken, kConflict codes_exhausted,
//         kPreconditionFailed etag_mismatch, kNotFound link_not_found, and storage's.
// Immutable after construction: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/links/code_space.h"
#include "modules/links/link.h"
#include "modules/links/link_settings.h"
#include "modules/links/target.h"

namespace ashlar::events {
class Outbox;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

inline constexpr std::string_view kLinksChannel = "links";  // payload: the code of one that changed

struct NewLink {
  std::string url;
  std::optional<std::string> code;
  std::int64_t status = kDefaultStatus;
  std::optional<base::Time> expires_at;
  LinkSettings settings{};
};

// What is not set stays as it is.
struct LinkChange {
  std::optional<std::string> url{};
  std::optional<std::int64_t> status{};
  std::optional<std::optional<base::Time>> expires_at{};  // set and empty: never expires
  std::optional<bool> enabled{};
  SettingsChange settings{};
};

struct LinkQuery {
  std::string
      text{};  // the code begins with it or the target contains it (ASCII case ignored); "" all
  std::optional<bool> enabled{};
  std::optional<bool> archived{};
  std::string owner{};             // "" whichever
  std::string tag{};               // "" whichever
  std::optional<LinkId> before{};  // older than this one

  [[nodiscard]] bool is_filtered() const {
    return !text.empty() || enabled || archived || !owner.empty() || !tag.empty();
  }
  std::int64_t limit = 20;
};

struct LinkPage {
  std::vector<Link> links;  // newest first
  // Where the next page starts. With a filter a page may be short, or empty, and still have a next
  // one: a page looks at kMaxScan links at most.
  std::optional<LinkId> next;
};

class Links {
 public:
  static constexpr std::int64_t kMaxScan = 50'000;
  static constexpr int kMaxCodeTries = 8;

  // `outbox` may be null; it outlives the Links, as `clock` does.
  Links(std::string public_url, OwnHosts own_hosts, CodeSpace codes, const base::Clock& clock,
        events::Outbox* outbox = nullptr);

  base::Result<Link> create(storage::Transaction& tx, const NewLink& link,
                            std::string_view traceparent = {}) const;
  [[nodiscard]] base::Result<Link> find(storage::Transaction& tx, std::string_view code) const;
  [[nodiscard]] base::Result<LinkPage> list(storage::Transaction& tx, const LinkQuery& query) const;
  // `if_version`: the version that the caller has seen; another one is etag_mismatch. A change that
  // changes nothing is none: same version, no notice.
  base::Result<Link> update(storage::Transaction& tx, std::string_view code,
                            const LinkChange& change, std::optional<std::int64_t> if_version,
                            std::string_view traceparent = {}) const;

  // For whom does not matter: runs under PlatformUse::kRedirect. nullopt: there is none.
  [[nodiscard]] base::Result<std::optional<RedirectTarget>> find_for_redirect(
      storage::Transaction& tx, std::string_view code) const;

  [[nodiscard]] std::string short_url(std::string_view code) const;

 private:
  [[nodiscard]] base::Result<Link> insert_generated(storage::Transaction& tx, Link link) const;
  [[nodiscard]] base::Result<Link> insert_custom(storage::Transaction& tx, Link link) const;

  [[nodiscard]] base::Status announce(storage::Transaction& tx, std::string_view type,
                                      const Link& link, bool chosen_code,
                                      std::string_view traceparent) const;

  const std::string public_url_;  // without a slash at the end
  const OwnHosts own_hosts_;
  const CodeSpace codes_;
  const base::Clock& clock_;
  events::Outbox* const outbox_;
};

// Could such a code exist? The redirect asks it first: what cannot exist needs no look-up.
bool is_code(std::string_view text);
bool is_reserved_code(std::string_view text);

}  // namespace ashlar::links
