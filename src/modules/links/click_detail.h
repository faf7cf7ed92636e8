// ClickDetail: what is kept of one click beside its count: when, from which site, with what kind of
// program. Never an address, never a URL, never the program's full name. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::links {

class AgentWords;

// Stored as these numbers.
enum class AgentClass : std::uint8_t { kOther = 0, kBrowser = 1, kMobile = 2, kBot = 3 };

std::string_view agent_name(AgentClass agent);  // "other", "browser", "mobile", "bot"
AgentClass agent_from_stored(std::int64_t number);

// Of a User-Agent header; looks at its first 256 bytes.
AgentClass classify_agent(std::string_view user_agent);
AgentClass classify_agent(const AgentWords& agent);

// Views into the request.
struct ClickDetail {
  std::string_view referrer;    // the Referer header, whole
  std::string_view user_agent;  // the User-Agent header, whole
};

// A detail in the buffer of an I/O thread: no allocation.
struct DetailEntry {
  static constexpr std::size_t kMaxReferrerBytes = 64;

  base::TenantId tenant;
  LinkId link;
  base::Time at;
  AgentClass agent = AgentClass::kOther;
  std::uint8_t referrer_bytes = 0;  // 0: none
  std::array<char, kMaxReferrerBytes> referrer{};

  [[nodiscard]] std::string_view referrer_host() const { return {referrer.data(), referrer_bytes}; }
  // Keeps the host of an http(s) URL, in lower case; nothing where it is longer than fits or holds
  // anything but [a-z0-9.-].
  void set_referrer(std::string_view url);
};

}  // namespace ashlar::links
