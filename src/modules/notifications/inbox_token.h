// InboxToken: what a user's browser shows to see its own inbox and no other's; made for it by a
// program that holds an API key, so that no key has to be in a browser.
//
//   text = "it_" signed_text( version, tenant and its name, user, key that made it, made, expires )
//
// Nobody has to keep it: what it says is in it. It ends by its time, or when all of its user's that
// were made until then are ended (inbox_tokens_store.h).
// Invariants: 1. read(make(x)) is x, its times in microseconds. 2. Any other text is nullopt.
// Immutable; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "platform/security/principal.h"

namespace ashlar::notifications {

struct InboxToken {
  base::TenantId tenant;
  std::string tenant_name;
  std::string user;
  security::KeyId key;  // unset: the administrator's session
  base::Time made{}, expires{};

  friend bool operator==(const InboxToken&, const InboxToken&) = default;
};

inline constexpr std::string_view kInboxTokenPrefix = "it_";
inline constexpr base::Seconds kLongestInboxToken{24 * 3600};

class InboxTokens {
 public:
  static constexpr std::size_t kSecretBytes = 32;

  // REQUIRES: kSecretBytes bytes, for nothing else; the same for all instances.
  explicit InboxTokens(std::string secret);

  [[nodiscard]] std::string make(const InboxToken& token) const;
  // Whether its time is over is the caller's to ask.
  [[nodiscard]] std::optional<InboxToken> read(std::string_view text) const;

 private:
  const std::string secret_;
};

}  // namespace ashlar::notifications
