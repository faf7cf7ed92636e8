#include "modules/links/bulk/bulk_json.h"

#include <utility>

#include "base/sentence.h"
#include "modules/links/field_errors.h"
#include "modules/links/link_ref.h"
#include "platform/json/parse.h"

namespace ashlar::links {
namespace {

// What 4 MiB of links may hold, and no more memory for it than for that.
constexpr json::ParseLimits kBulkLimits{.max_depth = 8, .max_values = 200'000};

// The items are looked at one by one.
struct BulkLines {
  std::vector<json::Value::Object> links;
};

const json::Schema<BulkLines>& bulk_lines_schema() {
  static const auto kSchema =
      json::Schema<BulkLines>("BulkLinkLines", "Links, not yet read.")
          .required("links", &BulkLines::links, {.min_items = 1, .max_items = kMaxBulkLinks});
  return kSchema;
}

const json::Schema<http::ProblemField>& item_field_schema() {
  static const auto kSchema =
      json::Schema<http::ProblemField>("LinkProblemField", "A field that is wrong.")
          .required("field", &http::ProblemField::field,
                    {.doc = "As a JSON pointer into the item.", .example = "/url"})
          .required("reason", &http::ProblemField::reason, {.example = "target_scheme"})
          .required("detail", &http::ProblemField::detail);
  return kSchema;
}

const json::Schema<ItemProblemJson>& item_problem_schema() {
  static const auto kSchema =
      json::Schema<ItemProblemJson>("LinkProblem",
                                    "Why one of many was refused, in the words of the route that "
                                    "is about one.")
          .required("reason", &ItemProblemJson::reason, {.example = "code_taken"})
          .required("detail", &ItemProblemJson::detail)
          .required("errors", &ItemProblemJson::errors, item_field_schema());
  return kSchema;
}

const json::Schema<BulkCreatedItemJson>& created_item_schema() {
  static const auto kSchema =
      json::Schema<BulkCreatedItemJson>("BulkCreatedLink", "What became of one item.")
          .required("index", &BulkCreatedItemJson::index, {.doc = "Of the item, from 0."})
          .required("outcome", &BulkCreatedItemJson::outcome,
                    {.doc = "found: there was one already (find_if_exists).",
                     .one_of = {"created", "found", "refused"}})
          .required("link", &BulkCreatedItemJson::link, link_schema(),
                    {.doc = "null where it was refused."})
          .required("problem", &BulkCreatedItemJson::problem, item_problem_schema(),
                    {.doc = "null unless it was refused."});
  return kSchema;
}

const json::Schema<BulkFilterJson>& filter_schema() {
  static const auto kSchema =
      json::Schema<BulkFilterJson>("BulkLinkFilter", "Which links, as in the list of links.")
          .optional(
              "q", &BulkFilterJson::q,
              {.doc = "Whose code begins with this or whose URL contains it.", .max_length = 200})
          .optional("enabled", &BulkFilterJson::enabled)
          .optional("archived", &BulkFilterJson::archived)
          .optional("owner", &BulkFilterJson::owner, {.min_length = 1, .max_length = 100})
          .optional("tag", &BulkFilterJson::tag, {.min_length = 1, .max_length = kMaxTagChars})
          .optional("domain", &BulkFilterJson::domain, {.max_length = kMaxDomainHostBytes + 1});
  return kSchema;
}

const json::Schema<BulkSetJson>& set_schema() {
  static const auto kSchema =
      json::Schema<BulkSetJson>("BulkLinkSet", "What to change of each; the rest stays.")
          .optional("enabled", &BulkSetJson::enabled, {.doc = "A disabled link answers 410."})
          .optional("archived", &BulkSetJson::archived)
          .optional("owner", &BulkSetJson::owner, {.doc = "null: nobody's.", .max_length = 100})
          .optional("expires_at", &BulkSetJson::expires_at,
                    {.doc = "In the future, or null for never."})
          .optional("tags_add", &BulkSetJson::tags_add,
                    {.min_length = 1, .max_length = kMaxTagChars, .max_items = kMaxTags})
          .optional("tags_remove", &BulkSetJson::tags_remove,
                    {.min_length = 1, .max_length = kMaxTagChars, .max_items = kMaxTags});
  return kSchema;
}

const json::Schema<BulkUpdatedItemJson>& updated_item_schema() {
  static const auto kSchema =
      json::Schema<BulkUpdatedItemJson>("BulkUpdatedLink", "What became of one link.")
          .required("code", &BulkUpdatedItemJson::code)
          .required("domain", &BulkUpdatedItemJson::domain,
                    {.doc = "null: the installation's own."})
          .required("outcome", &BulkUpdatedItemJson::outcome,
                    {.doc = "unchanged: it was so already.",
                     .one_of = {"changed", "unchanged", "refused"}})
          .required("problem", &BulkUpdatedItemJson::problem, item_problem_schema(),
                    {.doc = "null unless it was refused."});
  return kSchema;
}

}  // namespace

ItemProblemJson problem_json_of(const base::Error& error) {
  ItemProblemJson json{
      .reason = error.reason, .detail = base::sentence(error.detail), .errors = {}};
  for (const base::FieldError& field : error.fields) {
    json.errors.push_back({field.field, field.reason, base::sentence(field.detail)});
  }
  return json;
}

const json::Schema<BulkCreateJson>& bulk_create_schema() {
  static const auto kSchema =
      json::Schema<BulkCreateJson>("BulkCreateLinks", "Links to make, each for itself.")
          .required("links", &BulkCreateJson::links, create_link_schema(),
                    {.doc = "At most ten of them with a password.",
                     .min_items = 1,
                     .max_items = kMaxBulkLinks});
  return kSchema;
}

const json::Schema<BulkCreatedJson>& bulk_created_schema() {
  static const auto kSchema =
      json::Schema<BulkCreatedJson>("BulkCreatedLinks", "What became of each item, in their order.")
          .required("created", &BulkCreatedJson::created, {.doc = "How many were."})
          .required("found", &BulkCreatedJson::found)
          .required("refused", &BulkCreatedJson::refused)
          .required("results", &BulkCreatedJson::results, created_item_schema());
  return kSchema;
}

const json::Schema<BulkUpdateJson>& bulk_update_schema() {
  static const auto kSchema =
      json::Schema<BulkUpdateJson>("BulkUpdateLinks",
                                   "Which links (codes, or filter), and what to change of each.")
          .optional("codes", &BulkUpdateJson::codes, {.min_items = 1, .max_items = kMaxBulkLinks})
          .optional("domain", &BulkUpdateJson::domain,
                    {.doc = "Where the codes are; without it the installation's own host.",
                     .max_length = kMaxDomainHostBytes + 1,
                     .example = "go.example"})
          .optional("filter", &BulkUpdateJson::filter, filter_schema(),
                    {.doc = "Instead of codes. {} is all links."})
          .optional("limit", &BulkUpdateJson::limit,
                    {.doc = "With a filter: so many links in this request.",
                     .min = 1,
                     .max = static_cast<std::int64_t>(kMaxBulkLinks)})
          .optional("cursor", &BulkUpdateJson::cursor,
                    {.doc = "With a filter: the next_cursor of the answer before."})
          .required("set", &BulkUpdateJson::set, set_schema());
  return kSchema;
}

const json::Schema<BulkUpdatedJson>& bulk_updated_schema() {
  static const auto kSchema =
      json::Schema<BulkUpdatedJson>("BulkUpdatedLinks", "What became of each link.")
          .required("changed", &BulkUpdatedJson::changed, {.doc = "How many were."})
          .required("unchanged", &BulkUpdatedJson::unchanged)
          .required("refused", &BulkUpdatedJson::refused)
          .required("results", &BulkUpdatedJson::results, updated_item_schema())
          .required("next_cursor", &BulkUpdatedJson::next_cursor,
                    {.doc = "With a filter: there may be more; ask again with this as cursor."});
  return kSchema;
}

base::Result<std::vector<base::Result<CreateLinkJson>>> parse_bulk_create(std::string_view body) {
  ASHLAR_ASSIGN(const json::Value value, json::parse(body, kBulkLimits));
  ASHLAR_ASSIGN(BulkLines lines, bulk_lines_schema().parse(value));
  std::vector<base::Result<CreateLinkJson>> items;
  items.reserve(lines.links.size());
  for (json::Value::Object& line : lines.links) {
    items.push_back(create_link_schema().parse(json::Value(std::move(line))));
  }
  return items;
}

base::Result<BulkUpdateJson> parse_bulk_update(std::string_view body) {
  ASHLAR_ASSIGN(BulkUpdateJson json, bulk_update_schema().parse_body(body));
  FieldErrors errors;
  if (json.codes.has_value() == json.filter.has_value()) {
    errors.add("/codes", "codes_or_filter", "Give codes or a filter, one of them.");
  }
  if (json.filter && json.domain) {
    errors.add("/domain", "codes_or_filter", "With a filter the domain belongs into it.");
  }
  if (json.codes && json.cursor) {
    errors.add("/cursor", "codes_or_filter", "Only a filter has pages.");
  }
  if (json.set.empty()) errors.add("/set", "nothing_to_set", "Say what is to change.");
  ASHLAR_TRY(errors.status());
  return json;
}

}  // namespace ashlar::links
