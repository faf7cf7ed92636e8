// ForeignQuery: the query of a client of another shortener: names may be repeated, and what nobody
// asks for is ignored.
//
// "tags[]=a&tags[]=b&page=2": all("tags[]") is {a, b}, first("page") is "2". Bounded by
// kMaxParameters; what follows is not read. Faults are collected as in ForeignBody. One request,
// one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/field_errors.h"

namespace ashlar::links {

class ForeignQuery {
 public:
  static constexpr std::size_t kMaxParameters = 200;

  explicit ForeignQuery(std::string_view query);

  // As text; "" is sent, too.
  [[nodiscard]] std::optional<std::string> first(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  // Not sent or empty: nullopt. Of another form, or outside: a fault.
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<base::Time> time(std::string_view name);    // RFC 3339, or "2026-11-22" (UTC)
  [[nodiscard]] bool is_true(std::string_view name) const;  // "true" or "1"

  void fault(std::string_view name, const char* reason, std::string detail);
  [[nodiscard]] base::Status finish() const { return faults_.status(); }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
  FieldErrors faults_;
};

}  // namespace ashlar::links
