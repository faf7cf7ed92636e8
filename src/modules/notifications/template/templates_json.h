// The JSON of templates: what the API takes and gives, declared once for parsing, rendering and
// OpenAPI.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/template/templates_store.h"
#include "platform/json/schema.h"

namespace ashlar::notifications {

struct PutTemplateJson {
  std::optional<std::string> description;
  std::optional<std::string> default_locale;
  json::Value::Object fields;
  json::Value::Object locales;
  bool publish = true;
};
struct PublishTemplateJson {
  std::int64_t version = 0;
};
struct TemplateSummaryJson {
  std::string key;
  std::optional<std::string> description;
  std::optional<std::int64_t> live_version;
  std::int64_t latest_version = 0;
  base::Time created_at{}, updated_at{};
};
struct TemplateJson {
  std::string key;
  std::optional<std::string> description;
  std::optional<std::int64_t> live_version;
  std::int64_t latest_version = 0;
  std::int64_t version = 0;  // of what follows
  json::AnyJson default_locale, fields, locales;
  std::vector<std::string> warnings;
  base::Time created_at{}, updated_at{};
};
struct TemplateVersionJson {
  std::int64_t version = 0;
  bool live = false;
  base::Time created_at{};
};

struct PreviewTemplateJson {
  std::optional<std::int64_t> version;
  std::optional<PutTemplateJson> content;
  std::optional<std::string> channel;
  std::string locale;
  std::string time_zone = "UTC";
  json::Value::Object data;
};
struct TemplatePartJson {
  std::string channel;
  std::string locale;
  std::optional<std::string> subject, text, html, url;
  json::AnyJson data;
};
struct TemplatePreviewJson {
  std::vector<TemplatePartJson> parts;
  std::vector<std::string> warnings;
};

struct TestTemplateToJson {
  std::optional<std::string> user_id, email, phone, device;
};
struct TestTemplateJson {
  TestTemplateToJson to;
  std::optional<std::string> channel;
  std::optional<std::string> locale;
  json::Value::Object data;
};

const json::Schema<PutTemplateJson>& put_template_schema();
const json::Schema<PublishTemplateJson>& publish_template_schema();
const json::Schema<TemplateJson>& template_schema();
const json::Schema<json::Page<TemplateSummaryJson>>& template_page_schema();
const json::Schema<json::Page<TemplateVersionJson>>& template_version_page_schema();
const json::Schema<PreviewTemplateJson>& preview_template_schema();
const json::Schema<TemplatePreviewJson>& template_preview_schema();
const json::Schema<TestTemplateJson>& test_template_schema();

// What is compiled and kept: default_locale, fields, locales.
json::Value content_of(const PutTemplateJson& given);

TemplateSummaryJson render_summary(const TemplateRow& row);
// `content` as it is kept.
base::Result<TemplateJson> render(const TemplateRow& row, std::int64_t version,
                                  std::string_view content,
                                  const std::vector<std::string>& warnings);

}  // namespace ashlar::notifications
