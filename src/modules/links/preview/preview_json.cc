#include "modules/links/preview/preview_json.h"

namespace ashlar::links {
namespace {

const json::Schema<PreviewVisitorJson>& visitor_schema() {
  static const auto kSchema =
      json::Schema<PreviewVisitorJson>("PreviewVisitor", "The visitor, as the rules see them.")
          .required("device", &PreviewVisitorJson::device, {.example = "mobile"})
          .required("os", &PreviewVisitorJson::os, {.example = "ios"})
          .required("browser", &PreviewVisitorJson::browser, {.example = "safari"})
          .required("language", &PreviewVisitorJson::language,
                    {.doc = "Liked best; null: none was told.", .example = "de-AT"})
          .required("country", &PreviewVisitorJson::country,
                    {.doc = "null: not known.", .example = "AT"})
          .required("region", &PreviewVisitorJson::region, {.doc = "null: not known."});
  return kSchema;
}

const json::Schema<PreviewRuleJson>& preview_rule_schema() {
  static const auto kSchema =
      json::Schema<PreviewRuleJson>("PreviewRule", "One of the link's rules, tried.")
          .required("url", &PreviewRuleJson::url)
          .required("holds", &PreviewRuleJson::holds,
                    {.doc = "The first that does says where the visit leads."})
          .required("failing", &PreviewRuleJson::failing,
                    {.doc = "Its conditions that do not hold.", .example = "languages"});
  return kSchema;
}

const json::Schema<PreviewVariantJson>& preview_variant_schema() {
  static const auto kSchema =
      json::Schema<PreviewVariantJson>("PreviewVariant", "One of the link's variants.")
          .required("url", &PreviewVariantJson::url)
          .required("share", &PreviewVariantJson::share,
                    {.doc = "Of the visits that no rule takes, 0 to 1.", .example = 0.25});
  return kSchema;
}

}  // namespace

const json::Schema<PreviewAskJson>& preview_ask_schema() {
  static const auto kSchema =
      json::Schema<PreviewAskJson>("LinkPreviewRequest",
                                   "A visitor; what is left out a visitor does not tell.")
          .optional("user_agent", &PreviewAskJson::user_agent, {.max_length = 1'000})
          .optional("accept_language", &PreviewAskJson::accept_language,
                    {.max_length = 1'000, .example = "de-AT,de;q=0.8,en;q=0.5"})
          .optional("query", &PreviewAskJson::query,
                    {.doc = "Of the visit's URL, without '?'.", .max_length = 2'000})
          .optional("time", &PreviewAskJson::time, {.doc = "Without it: now."})
          .optional("country", &PreviewAskJson::country,
                    {.doc = "Without it: the country of ip, as far as it is known.",
                     .pattern = "^[A-Za-z][A-Za-z]$",
                     .example = "AT"})
          .optional("ip", &PreviewAskJson::ip,
                    {.doc = "Without it no variant can be told: which one a visitor gets hangs on "
                            "it. It is not kept.",
                     .max_length = 45,
                     .example = "203.0.113.7"})
          .optional("rules", &PreviewAskJson::rules, rule_schema(),
                    {.doc = "To be tried instead of the link's own.", .max_items = kMaxRules})
          .optional("variants", &PreviewAskJson::variants, variant_schema(),
                    {.doc = "To be tried instead of the link's own.", .max_items = kMaxVariants});
  return kSchema;
}

const json::Schema<PreviewJson>& preview_schema() {
  static const auto kSchema =
      json::Schema<PreviewJson>("LinkPreview", "What such a visitor gets, and why.")
          .required("status", &PreviewJson::status,
                    {.doc = "Of the answer; 403 where a password is asked for.", .example = 302})
          .required("url", &PreviewJson::url,
                    {.doc = "Where it leads, after the password if one is asked for; null: it "
                            "leads nowhere, or to one of the variants.",
                     .example = "https://example.com/de"})
          .required("why", &PreviewJson::why,
                    {.one_of = {"link", "rule", "variant", "disabled", "not_yet_valid", "expired",
                                "used_up", "flagged"}})
          .required("index", &PreviewJson::index,
                    {.doc = "Of the rule or variant that decided, from 0."})
          .required("asks_password", &PreviewJson::asks_password)
          .required("visitor", &PreviewJson::visitor, visitor_schema())
          .required("rules", &PreviewJson::rules, preview_rule_schema(),
                    {.doc = "All of the link's, in their order."})
          .required("variants", &PreviewJson::variants, preview_variant_schema());
  return kSchema;
}

}  // namespace ashlar::links
