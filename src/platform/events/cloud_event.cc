#include "platform/events/cloud_event.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/encoding.h"
#include "base/text.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::events {
namespace {

constexpr std::size_t kMaxNameBytes = 20;
constexpr std::size_t kMaxExtensions = 64;
constexpr std::string_view kVersion = "1.0";

base::Error invalid(std::string detail) {
  return base::fail(base::Code::kInvalid, "cloud_event_invalid", std::move(detail));
}

bool is_attribute_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

// So that it can stand in a header.
bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// JSON can say U+0000, but not every reader takes it (ours does not: json/parse.h).
bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool is_json_type(std::string_view content_type) {
  std::string type = base::ascii_lower(content_type.substr(0, content_type.find(';')));
  type = base::trim_spaces(type);
  return type.empty() || type.ends_with("/json") || type.ends_with("+json");
}

std::string base64(std::string_view bytes) {
  std::string text = base::base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> from_base64(std::string text) {
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string::npos) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return base::base64url_decode(text);
}

std::string encode_http(std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  text.reserve(value.size());
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '"' && c != '%') {
      text += c;
    } else {
      text += '%';
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text;
}

// RFC 7230's quoted strings: \x is x. nullopt: a quote without an end.
std::optional<std::string> unquote(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  if (value.size() < 2 || !value.ends_with('"')) return std::nullopt;
  std::string text;
  value = value.substr(1, value.size() - 2);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '"') return std::nullopt;
    if (value[i] == '\\') ++i;
    if (i == value.size()) return std::nullopt;
    text += value[i];
  }
  return text;
}

std::optional<std::string> decode_http(std::string_view value) {
  const std::optional<std::string> plain = unquote(base::trim_spaces(value));
  if (!plain) return std::nullopt;
  std::optional<std::string> text = base::percent_decode(*plain);
  if (!text || !base::is_utf8(*text)) return std::nullopt;
  return text;
}

// Gives every attribute but the version to `write(name, value)`.
template <class Write>
void each_attribute(const CloudEvent& event, Write&& write) {
  write("id", event.id);
  write("source", event.source);
  write("type", event.type);
  if (!event.subject.empty()) write("subject", event.subject);
  if (!event.data_schema.empty()) write("dataschema", event.data_schema);
  if (event.time) write("time", base::format_rfc3339(*event.time));
  for (const auto& [name, value] : event.extensions) write(name, value);
}

// Puts an event together from attributes in any order.
class Assembly {
 public:
  base::Status add(const std::string& name, std::string value) {
    if (!is_attribute_name(name)) return invalid("an attribute's name is not [a-z0-9]{1,20}");
    if (name == "data") return invalid("data is no attribute");
    if (has_nul(value)) return invalid("the attribute " + name + " has the character U+0000");
    if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
      return invalid("the attribute " + name + " stands there twice");
    }
    seen_.push_back(name);
    if (name == "specversion") {
      version_ = std::move(value);
      return base::ok_status();
    }
    if (name == "time") {
      event_.time = base::parse_rfc3339(value);
      return event_.time ? base::ok_status() : invalid("time is not RFC 3339");
    }
    if (name == "datacontenttype" && !is_printable(value)) {
      return invalid("the content type is not printable ASCII");
    }
    if (std::string* known = field(name)) {
      *known = std::move(value);
      return base::ok_status();
    }
    if (event_.extensions.size() == kMaxExtensions) return invalid("more than 64 extensions");
    event_.extensions.emplace_back(name, std::move(value));
    return base::ok_status();
  }
  void set_data(std::string data) { event_.data = std::move(data); }

  base::Result<CloudEvent> finish() {
    if (version_ != kVersion) return invalid("specversion is not 1.0");
    if (event_.id.empty()) return invalid("id is missing");
    if (event_.source.empty()) return invalid("source is missing");
    if (event_.type.empty()) return invalid("type is missing");
    std::sort(event_.extensions.begin(), event_.extensions.end());
    return std::move(event_);
  }
  [[nodiscard]] const CloudEvent& event() const { return event_; }

 private:
  std::string* field(std::string_view name) {
    if (name == "id") return &event_.id;
    if (name == "source") return &event_.source;
    if (name == "type") return &event_.type;
    if (name == "subject") return &event_.subject;
    if (name == "dataschema") return &event_.data_schema;
    if (name == "datacontenttype") return &event_.data_content_type;
    return nullptr;
  }

  CloudEvent event_;
  std::string version_;
  std::vector<std::string> seen_;
};

// Headers of one protocol binding; `decode` gives a value's text.
template <class Decode>
base::Result<CloudEvent> from_headers(const CloudHeaders& headers, std::string_view prefix,
                                      std::string_view body, Decode&& decode) {
  Assembly assembly;
  for (const auto& [given, value] : headers) {
    const std::string name = base::ascii_lower(given);
    if (name == "content-type") {
      ASHLAR_TRY(assembly.add("datacontenttype", value));
    } else if (name.starts_with(prefix)) {
      const std::string attribute = name.substr(prefix.size());
      if (attribute == "datacontenttype") return invalid("the content type has its own header");
      std::optional<std::string> text = decode(value);
      if (!text) return invalid("the value of " + attribute + " cannot be decoded");
      ASHLAR_TRY(assembly.add(attribute, std::move(*text)));
    }
  }
  if (!body.empty() || !assembly.event().data_content_type.empty()) {
    assembly.set_data(std::string(body));
  }
  return assembly.finish();
}

void write_data(json::Writer& json, const CloudEvent& event) {
  const bool as_json = is_json_type(event.data_content_type);
  if (as_json && json::parse(*event.data).ok()) {
    json.key("data").raw(*event.data);
  } else if (!as_json && base::is_utf8(*event.data) && !has_nul(*event.data)) {
    json.key("data").string(*event.data);
  } else {
    json.key("data_base64").string(base64(*event.data));
  }
}

// An attribute's value in JSON, as text: strings, booleans and integers there are.
base::Result<std::string> attribute_text(const json::Value& value) {
  if (const std::string* text = value.if_string()) return *text;
  if (const bool* flag = value.if_boolean()) return std::string(*flag ? "true" : "false");
  if (const std::int64_t* number = value.if_integer()) {
    if (*number >= INT32_MIN && *number <= INT32_MAX) return std::to_string(*number);
  }
  return invalid("an attribute is neither a string, nor a boolean, nor a 32-bit integer");
}

}  // namespace

std::string_view CloudEvent::extension(std::string_view name) const {
  for (const auto& [key, value] : extensions) {
    if (key == name) return value;
  }
  return {};
}

CloudEvent cloud_event_of(const Event& event, std::string_view source) {
  CloudEvent cloud;
  cloud.id = event.id;
  cloud.source = source;
  cloud.type = event.type;
  cloud.subject = event.aggregate_type + "/" + event.aggregate_id;
  cloud.data_content_type = "application/json";
  cloud.time = event.time;
  cloud.extensions.emplace_back("partitionkey", event.key());
  cloud.extensions.emplace_back("sequence", std::to_string(event.seq.value));
  if (event.tenant.is_set()) cloud.extensions.emplace_back("tenantid", event.tenant.to_string());
  if (!event.traceparent.empty()) cloud.extensions.emplace_back("traceparent", event.traceparent);
  cloud.data = event.data;
  return cloud;
}

CloudHeaders http_headers(const CloudEvent& event) {
  CloudHeaders headers{{"ce-specversion", std::string(kVersion)}};
  each_attribute(event, [&](std::string_view name, std::string_view value) {
    headers.emplace_back("ce-" + std::string(name), encode_http(value));
  });
  if (!event.data_content_type.empty()) {
    headers.emplace_back("content-type", event.data_content_type);
  }
  return headers;
}

base::Result<CloudEvent> from_http(const CloudHeaders& headers, std::string_view body) {
  return from_headers(headers, "ce-", body, decode_http);
}

bool is_binary_http(const CloudHeaders& headers) {
  return std::any_of(headers.begin(), headers.end(), [](const auto& header) {
    return base::ascii_iequals(header.first, "ce-specversion");
  });
}

CloudHeaders kafka_headers(const CloudEvent& event) {
  CloudHeaders headers{{"ce_specversion", std::string(kVersion)}};
  each_attribute(event, [&](std::string_view name, std::string_view value) {
    headers.emplace_back("ce_" + std::string(name), std::string(value));
  });
  if (!event.data_content_type.empty()) {
    headers.emplace_back("content-type", event.data_content_type);
  }
  return headers;
}

base::Result<CloudEvent> from_kafka(const CloudHeaders& headers, std::string_view value) {
  return from_headers(headers, "ce_", value,
                      [](std::string_view text) -> std::optional<std::string> {
                        if (!base::is_utf8(text)) return std::nullopt;
                        return std::string(text);
                      });
}

std::string structured_json(const CloudEvent& event) {
  std::string text;
  json::Writer json(text);
  json.begin_object().key("specversion").string(kVersion);
  each_attribute(
      event, [&](std::string_view name, std::string_view value) { json.key(name).string(value); });
  if (!event.data_content_type.empty()) {
    json.key("datacontenttype").string(event.data_content_type);
  }
  if (event.data) write_data(json, event);
  json.end_object();
  return text;
}

base::Result<CloudEvent> from_structured(std::string_view text) {
  ASHLAR_ASSIGN(const json::Value document, json::parse(text));
  const json::Value::Object* object = document.if_object();
  if (object == nullptr) return invalid("not a JSON object");
  Assembly assembly;
  for (const auto& [name, value] : *object) {
    if (value.is_null() || name == "data" || name == "data_base64") continue;
    ASHLAR_ASSIGN(std::string attribute, attribute_text(value));
    ASHLAR_TRY(assembly.add(name, std::move(attribute)));
  }
  const json::Value* data = document.find("data");
  const json::Value* bytes = document.find("data_base64");
  if (data != nullptr && bytes != nullptr)
    return invalid("data and data_base64 exclude each other");
  if (data != nullptr) {
    const std::string* plain = data->if_string();
    const bool as_json = is_json_type(assembly.event().data_content_type);
    assembly.set_data(plain != nullptr && !as_json ? *plain : json::to_text(*data));
  }
  if (bytes != nullptr) {
    const std::string* encoded = bytes->if_string();
    std::optional<std::string> decoded;
    if (encoded != nullptr) decoded = from_base64(*encoded);
    if (!decoded) return invalid("data_base64 is not base64");
    assembly.set_data(std::move(*decoded));
  }
  return assembly.finish();
}

}  // namespace ashlar::events
