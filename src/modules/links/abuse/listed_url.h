// ListedUrl: a URL as lists of unsafe pages name it: Google Safe Browsing's canonical form, and the
// host and path expressions under whose hashes a list may hold it. Pure; any thread.
//
// After the public documentation ("URLs and Hashing"): tab, CR and LF go, then the fragment;
// percent escapes are undone until none is left (of the parts: where host and path meet is decided
// before, as browsers do); a host beyond ASCII becomes xn--…; dots, IPv4 in any spelling and IPv6
// in the host become one form, case is lowered; `.`, `..` and runs of slashes in the path are
// resolved, in the query nothing is; what is no printable ASCII, `#` and `%` is escaped again.
// Scheme, user, password and port are no part of any expression.
//
// Expressions, at most 30: of 5 hosts (the exact one, and up to 4 from the last five labels, each
// with one less, never the last label alone; of an address itself only) 6 paths (with the query,
// without it, and up to 4 from the root on). Version 5 of the protocol counts the labels from the
// registrable domain, for which one needs the list of public suffixes; this is version 4's way,
// which asks for at most one host more or other where a suffix has two labels.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::links::abuse {

inline constexpr std::size_t kMaxExpressions = 30;

struct ListedUrl {
  std::string scheme;  // lower case, without "://"
  std::string host;
  std::string port;  // "" where none was given
  std::string path;  // begins with '/'
  std::optional<std::string> query;

  [[nodiscard]] bool is_address() const;  // IPv4, or IPv6 in brackets
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::vector<std::string> expressions() const;
};

// Of any text; one without a scheme is taken for http. nullopt: there is no host in it.
std::optional<ListedUrl> listed_url(std::string_view url);

}  // namespace ashlar::links::abuse
