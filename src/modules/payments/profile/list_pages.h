// Pages of lists: limit, starting_after, ending_before, created, and what an answer to them looks
// like. Newest first; `has_more` looks in the direction of the page.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "modules/payments/profile/params.h"
#include "modules/payments/reads.h"

namespace ashlar::json {
class Writer;
}

namespace ashlar::payments::profile {

inline constexpr std::int64_t kMostInPage = 100;

// limit, starting_after, ending_before and, where the list has it, created.
Window window_in(Params& params, bool with_created);

// {"object":"list","data":[…],"has_more":…,"url":…}; `write_rows` writes the rows.
base::Result<std::string> list_text(std::string_view url, bool has_more,
                                    const std::function<base::Status(json::Writer&)>& write_rows);

// A page of those rows that `keep` likes, of a list that cannot look for them itself.
// kInvalid list_too_wide: they stand too far apart.
template <class T>
base::Result<Listed<T>> sift(Window window,
                             const std::function<base::Result<Listed<T>>(const Window&)>& fetch,
                             const std::function<bool(const T&)>& keep,
                             const std::function<std::string(const T&)>& id) {
  constexpr int kMostPages = 100;
  const bool back = !window.ending_before.empty();
  const auto limit = static_cast<std::size_t>(window.limit);
  Listed<T> found;
  window.limit = kMostInPage;
  for (int page = 0; page < kMostPages; ++page) {
    ASHLAR_ASSIGN(Listed<T> rows, fetch(window));
    if (rows.rows.empty()) return found;
    (back ? window.ending_before : window.starting_after) =
        id(back ? rows.rows.front() : rows.rows.back());
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      T& row = rows.rows[back ? rows.rows.size() - 1 - i : i];
      if (!keep(row)) continue;
      if (found.rows.size() == limit) {
        found.has_more = true;
        return found;
      }
      found.rows.insert(back ? found.rows.begin() : found.rows.end(), std::move(row));
    }
    if (!rows.has_more) return found;
  }
  return base::fail(base::Code::kInvalid, "list_too_wide",
                    "Too much would have to be looked through: narrow it by created.");
}

}  // namespace ashlar::payments::profile
