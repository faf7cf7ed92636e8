// shlink_json: short URLs, visits and pages as Shlink writes them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "modules/links/foreign/link_catalog.h"
#include "platform/json/writer.h"

namespace ashlar::links::shlink {

// "2026-11-22T02:01:13+00:00"
std::string atom(base::Time time);

struct Clicks {
  std::int64_t total = 0;
  std::int64_t bots = 0;
};
inline Clicks clicks_of(const CountedLink& link) { return {link.clicks, link.bots}; }
void write_summary(json::Writer& out, const Clicks& clicks);

void write_short_url(json::Writer& out, const Link& link, std::string_view short_url,
                     const Clicks& clicks);

struct PageOf {
  std::int64_t number = 1;  // from 1
  std::int64_t size = 10;
  [[nodiscard]] std::size_t offset() const {
    return static_cast<std::size_t>(number - 1) * static_cast<std::size_t>(size);
  }
};
// {"data": what `items` writes, "pagination": {…}}
void write_page(json::Writer& out, const PageOf& page, std::size_t in_page, std::size_t total,
                const std::function<void()>& items);

void write_text_or_null(json::Writer& out, std::string_view key, std::string_view text);

}  // namespace ashlar::links::shlink
