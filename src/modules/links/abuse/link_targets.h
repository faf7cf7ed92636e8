// link_targets: all that a link may lead to, for whoever judges it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "modules/links/link_settings.h"

namespace ashlar::links::abuse {

inline constexpr std::size_t kMaxNestedOfLink = 128;

struct JudgedUrl {
  std::string field;  // of the request: "/url", "/rules/3/url" …; nested ones have their outer's
  std::string url;
  bool nested = false;     // in a parameter of the other (nested_urls.h)
  bool elsewhere = false;  // nested, and of another site than the other
};

struct JudgedUrls {
  std::vector<JudgedUrl> urls;
  bool more = false;  // there are more nested ones than are judged
};

// `url` and those of settings, all of them; and behind them what is nested in each, at most
// kMaxNestedOfLink.
JudgedUrls judged_urls(std::string_view url, const LinkSettings& settings);

// Under which entries of a deny list a host stands: itself, and "*." with it and each name above
// it; of an IPv6 address also the IPv4 one that it carries (6to4, "::1.2.3.4").
std::vector<std::string> denial_names(std::string_view host);

// By which lists' matches name a URL (ListMatch::url); "" of none.
std::string url_hash(std::string_view url);

// The host of a URL that check_target() has passed, in one spelling (target.h); "" for others.
std::string host_of(std::string_view url);

}  // namespace ashlar::links::abuse
