// Links: short codes that lead to targets; the rules. (Redirecting: redirects.h. Counting:
// clicks.h.)
//
// Every function runs inside the caller's transaction and for its tenant; another tenant's link and
// none at all are the same to it (kNotFound link_not_found).
//
// Promises
//  1. A code names one link on its domain: (domain, code) is unique across tenants. A domain is its
//     tenant's alone (domains.h); on the installation's own host all have codes.
//  2. Codes are 3 to 64 of [A-Za-z0-9_-], compared by case; none is a reserved word in any case.
//     A generated code that is taken or reserved takes the next id.
//  3. Targets have passed check_target() (target.h).
//  4. Each change adds one to `version`. It and each creation append an event to the outbox
//     (links_events.h), by which redirects learn, in every process, what they have kept too long.
//     Without an outbox the key is sent on kLinksChannel instead (storage/database.h, 5); not
//     of a generated one: it cannot be asked for before but by luck, and what is unknown is cached
//     for a second only (redirects.h).
//  5. `expires_at` is in the future when it is set; null takes it away.
//  6. Settings (link_settings.h) have passed check_settings() (settings_rules.h).
//  7. make() with find_if_exists makes no link where one does the same (same_link.h), however many
//     ask at once: the transaction that looks is the one that inserts, and writes are serializable.
//  8. A removed link is not there any more, for anybody: its target and settings are gone. Its code
//     stays taken, so that it never comes to mean something else.
//  9. With a guard, targets have passed it when they were set (abuse/link_guard.h has its errors).
//
// Errors: kInvalid with the fields named (reasons of target.h, code_malformed, code_reserved,
//         status_unsupported, expires_in_past, domain_unknown, find_with_password), kConflict
//         code_taken, codes_exhausted, kPreconditionFailed etag_mismatch, kNotFound link_not_found,
//         domain_not_found, and storage's.
// Immutable after construction: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/links/abuse/list_verdict.h"
#include "modules/links/code_space.h"
#include "modules/links/link.h"
#include "modules/links/link_ref.h"
#include "modules/links/link_settings.h"
#include "modules/links/target.h"

namespace ashlar::events {
class Outbox;
}
namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links::abuse {
class LinkGuard;
}

namespace ashlar::links {

class FieldErrors;

inline constexpr std::string_view kLinksChannel =
    "links";  // payload: the link_key() of one that changed; without a code: of all on its host

// Of a link that has lived elsewhere, and may have expired there.
struct LinkPast {
  std::optional<base::Time> created_at{};
  bool enabled = true;
};

struct NewLink {
  std::string url;
  std::optional<std::string> code;
  std::int64_t status = kDefaultStatus;
  std::optional<base::Time> expires_at;
  LinkSettings settings{};
  std::string domain{};  // its host; "" or the installation's own: that one
  bool find_if_exists = false, any_code = false;  // `code` was drawn: another is found too
  std::optional<LinkPast> past{};
  std::optional<abuse::ListVerdict> verdict{};  // on all of its URLs; none: not known
};

// What is not set stays as it is.
struct LinkChange {
  std::optional<std::string> url{};
  std::optional<std::int64_t> status{};
  std::optional<std::optional<base::Time>> expires_at{};  // set and empty: never expires
  std::optional<bool> enabled{};
  SettingsChange settings{};
  std::optional<abuse::ListVerdict> verdict{};  // as of NewLink; of the link as it will be
};

struct LinkQuery {
  // The code begins with it or the target contains it (ASCII case ignored); "" all.
  std::string text{};
  std::optional<bool> enabled{};
  std::optional<bool> archived{};
  std::string owner{};                  // "" whichever
  std::string tag{};                    // "" whichever
  std::optional<std::string> domain{};  // its host, as in NewLink; not set: whichever
  std::optional<LinkId> before{};       // older than this one

  [[nodiscard]] bool is_filtered() const {
    return !text.empty() || enabled || archived || !owner.empty() || !tag.empty() || domain;
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
  // Of one URL the newest so many are looked at, whether they do the same.
  static constexpr int kMaxSameUrl = 100;

  // `outbox` and `guard` may be null; they outlive the Links, as `clock` does.
  Links(std::string public_url, OwnHosts own_hosts, CodeSpace codes, const base::Clock& clock,
        events::Outbox* outbox = nullptr, const abuse::LinkGuard* guard = nullptr);

  struct Made {
    Link link;
    bool existed = false;  // by find_if_exists: nothing was written
  };
  base::Result<Made> make(storage::Transaction& tx, const NewLink& wanted,
                          std::string_view traceparent = {}) const;
  // The same for whoever does not ask what was there.
  base::Result<Link> create(storage::Transaction& tx, const NewLink& wanted,
                            std::string_view traceparent = {}) const;
  [[nodiscard]] base::Result<Link> find(storage::Transaction& tx, LinkRef ref) const;
  [[nodiscard]] base::Result<Link> find(storage::Transaction& tx, LinkId id) const;
  [[nodiscard]] base::Result<LinkPage> list(storage::Transaction& tx, const LinkQuery& query) const;
  // `if_version`: the version that the caller has seen; another one is etag_mismatch. A change that
  // changes nothing is none: same version, no notice.
  base::Result<Link> update(storage::Transaction& tx, LinkRef ref, const LinkChange& change,
                            std::optional<std::int64_t> if_version,
                            std::string_view traceparent = {}) const;
  base::Status remove(storage::Transaction& tx, LinkRef ref,
                      std::string_view traceparent = {}) const;

  // The tenant's domain of this host, however it is spelled; not set for "" and for the
  // installation's own. kNotFound domain_not_found.
  [[nodiscard]] base::Result<DomainId> domain_of(storage::Transaction& tx,
                                                 std::string_view host) const;
  // A change like any other, but not the owner's: redirects of every process hear of it.
  base::Result<Link> set_flag(storage::Transaction& tx, LinkId id, const LinkFlag& flag) const;

  // For whom does not matter: runs under PlatformUse::kRedirect. nullopt: there is none.
  // REQUIRES: the host is one of a domain's, or "".
  [[nodiscard]] base::Result<std::optional<RedirectTarget>> find_for_redirect(
      storage::Transaction& tx, LinkRef ref) const;

  // On a domain: with the scheme and the port of the public URL.
  [[nodiscard]] std::string short_url(LinkRef ref) const;
  [[nodiscard]] std::string short_url(const Link& link) const {
    return short_url(LinkRef{.host = link.domain_host, .code = link.code});
  }
  // Of the public URL: "sho.rt", "127.0.0.1:8080".
  [[nodiscard]] std::string_view authority() const;
  // What a link is called by caches and notices, whether there is one or not: link_key() of `ref`
  // once its host is spelled as domains' are.
  [[nodiscard]] std::string key_of(LinkRef ref) const;

 private:
  // As domains' are spelled; "" of the installation's own, which may be named too.
  [[nodiscard]] std::string spelled(std::string_view host) const;
  [[nodiscard]] base::Status place(storage::Transaction& tx, const NewLink& wanted, Link& link,
                                   FieldErrors& errors) const;
  [[nodiscard]] base::Result<std::optional<Link>> find_same(storage::Transaction& tx,
                                                            const Link& wanted) const;
  [[nodiscard]] std::int64_t hash_of(const Link& link) const;
  [[nodiscard]] base::Result<Link> insert_generated(storage::Transaction& tx, Link link) const;
  [[nodiscard]] base::Result<Link> insert_custom(storage::Transaction& tx, Link link) const;
  [[nodiscard]] base::Status announce(storage::Transaction& tx, std::string_view type,
                                      const Link& link, bool chosen_code,
                                      std::string_view traceparent) const;

  const std::string public_url_;  // without a slash at the end
  const std::string scheme_;      // of public_url_, with its "://"
  const std::string port_;        // of public_url_, with its ':'; "": the scheme's
  const std::string public_host_;
  const OwnHosts own_hosts_;
  const CodeSpace codes_;
  const base::Clock& clock_;
  events::Outbox* const outbox_;
  const abuse::LinkGuard* const guard_;
};

// Could such a code exist? The redirect asks it first: what cannot exist needs no look-up.
bool is_code(std::string_view text);
bool is_reserved_code(std::string_view text);

}  // namespace ashlar::links
