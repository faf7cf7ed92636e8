// Tags, as Dub has them. A tag's id is its name.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "modules/links/dub/dub_api.h"
#include "modules/links/foreign/foreign_body.h"
#include "modules/links/foreign/foreign_query.h"

namespace ashlar::links::dub {
namespace {

using http::Call;
using http::Response;

constexpr std::array<std::string_view, 8> kColors{"red",    "yellow", "green", "blue",
                                                  "purple", "brown",  "gray",  "pink"};

struct Wanted {
  std::optional<std::string> name, color;
};

base::Result<Wanted> wanted_tag(const Call& call) {
  ASHLAR_ASSIGN(ForeignBody body, ForeignBody::parse(call.body));
  Wanted wanted{.name = body.text("name"), .color = body.text("color")};
  if (!wanted.name) wanted.name = body.text("tag");  // its older name
  if (wanted.color && std::ranges::find(kColors, *wanted.color) == kColors.end()) {
    body.fault("color", "not_allowed",
               "A colour is red, yellow, green, blue, purple, brown, gray or pink.");
  }
  ASHLAR_TRY(body.finish());
  return wanted;
}

Response tag_answer(int status, const DeskTag& tag) {
  std::string text;
  json::Writer out(text);
  write_tag(out, tag.name, tag.color);
  return http::json_text(status, std::move(text));
}

bool holds(std::string_view text, std::string_view part) {
  return base::ascii_lower(text).find(base::ascii_lower(part)) != std::string::npos;
}

}  // namespace

base::Result<Response> DubApi::tags(Call& call) const {
  constexpr std::int64_t kMostOnPage = 100;
  ForeignQuery query(call.head->query);
  const std::int64_t page = query.integer("page", 1, 1'000'000).value_or(1);
  const std::int64_t size = query.integer("pageSize", 1, kMostOnPage).value_or(kMostOnPage);
  const std::string text = query.first("search").value_or("");
  const std::vector<std::string> ids = list_of(query, "ids");
  ASHLAR_TRY(query.finish());
  ASHLAR_ASSIGN(std::vector<DeskTag> tags, tags_.list(call));
  std::erase_if(tags, [&](const DeskTag& tag) {
    return !holds(tag.name, text) ||
           (!ids.empty() && std::ranges::find(ids, tag.name) == ids.end());
  });
  if (query.first("sortOrder").value_or("asc") == "desc") std::ranges::reverse(tags);
  const std::size_t begin = std::min(static_cast<std::size_t>((page - 1) * size), tags.size());
  const std::size_t end = begin + std::min(static_cast<std::size_t>(size), tags.size() - begin);
  std::string body;
  json::Writer out(body);
  out.begin_array();
  for (std::size_t i = begin; i < end; ++i) write_tag(out, tags[i].name, tags[i].color);
  out.end_array();
  return http::json_text(200, std::move(body));
}

base::Result<Response> DubApi::create_tag(Call& call) const {
  ASHLAR_ASSIGN(const Wanted wanted, wanted_tag(call));
  ASHLAR_ASSIGN(const DeskTag made, tags_.create(call, {.name = wanted.name.value_or(""),
                                                        .color = wanted.color.value_or("")}));
  return tag_answer(201, made);
}

base::Result<Response> DubApi::update_tag(Call& call) const {
  ASHLAR_ASSIGN(const Wanted wanted, wanted_tag(call));
  ASHLAR_ASSIGN(const DeskTag tag, tags_.update(call, call.param(0), wanted.name, wanted.color));
  return tag_answer(200, tag);
}

base::Result<Response> DubApi::remove_tag(Call& call) const {
  ASHLAR_TRY(tags_.remove(call, call.param(0)));
  std::string body;
  json::Writer out(body);
  out.begin_object().key("id").string(call.param(0)).end_object();
  return http::json_text(200, std::move(body));
}

}  // namespace ashlar::links::dub
