// TitleFetcher: asks a page for its title, without letting whoever named the page use this server
// against others or itself.
//
//   url ── check_target() ──> GET ──3xx──> Location, checked the same way, kMaxRedirects times
//              │ refused        ├─ 200 ──> html_title() of the first kMaxPageBytes
//              v                ├─ 429, 5xx, no answer ──> kUnavailable: later
//          kForbidden           └─ anything else ──> no title
//
// Promises
//  1. No connection to an address that is not public, of a redirect's target neither, whatever a
//     name resolves to at that moment (outbound/outbound_client.h), unless allow_private.
//  2. fetch() is over after kTimeout, redirects and slow bodies included; no more than
//     kMaxPageBytes of a page are kept, and what is beyond is not read.
//  3. Nothing is decompressed: none is asked for, and who compresses all the same has no title.
//  4. Only GET, without cookies, credentials or a Referer.
//
// Errors: kForbidden title_forbidden (a URL or an address that must not be asked), kUnavailable
// title_unavailable. "": the page has no title. Any thread; fetch() blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/outbound/outbound_client.h"

namespace ashlar::links {

class TitleFetcher {
 public:
  static constexpr base::Millis kTimeout{5'000};
  static constexpr std::size_t kMaxPageBytes = std::size_t{256} * 1024;
  static constexpr int kMaxRedirects = 3;
  static constexpr std::uint32_t kAtOnce = 4;

  struct Options {
    bool allow_private = false;  // may reach loopback and private networks
    std::string user_agent{};
    std::uint64_t seed = 1;
    std::vector<std::string> names{};  // what the resolver is not asked for (OutboundClient)
  };
  // Both by reference outlive it.
  TitleFetcher(Options options, const base::Clock& clock, obs::Registry& metrics);

  base::Result<std::string> fetch(const std::string& url, base::Mono deadline);
  void stop();  // what is under way ends with an error; idempotent

 private:
  base::Result<outbound::Answer> get(const std::string& url, base::Mono deadline);

  const Options options_;
  const base::Clock& clock_;
  outbound::OutboundClient client_;
  outbound::Dependency& pages_;
};

// Where a Location leads that was answered for `base`, without its fragment. REQUIRES: `base` is an
// http or https URL. What it returns is to be checked like any URL. Pure.
std::string resolve_location(std::string_view base, std::string_view location);

}  // namespace ashlar::links
