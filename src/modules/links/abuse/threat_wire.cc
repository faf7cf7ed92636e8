#include "modules/links/abuse/threat_wire.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/encoding.h"
#include "base/text.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/security/digest.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::size_t kMaxValues = 2'000'000;  // removals of a list are numbers, one by one
constexpr std::size_t kMaxHashBytes = 32;

base::Error unreadable(std::string what) {
  return base::fail(base::Code::kUnavailable, "threat_list_answer",
                    "The list of unsafe pages answered with " + std::move(what));
}

std::string base64(std::string_view bytes) {
  std::string text = base::base64url_encode(bytes);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> unbase64(std::string_view text) {
  std::string url_safe(text);
  std::ranges::replace(url_safe, '+', '-');
  std::ranges::replace(url_safe, '/', '_');
  while (url_safe.ends_with('=')) url_safe.pop_back();
  return base::base64url_decode(url_safe);
}

std::string text_of(const json::Value& object, std::string_view key) {
  const json::Value* value = object.find(key);
  return value != nullptr && value->if_string() != nullptr ? *value->if_string() : std::string();
}

const json::Value::Array& array_of(const json::Value& object, std::string_view key) {
  static const json::Value::Array kNone;
  const json::Value* value = object.find(key);
  return value != nullptr && value->if_array() != nullptr ? *value->if_array() : kNone;
}

// "300s", "300.5s"; what is none is 0.
base::Seconds duration_of(const json::Value& object, std::string_view key) {
  const std::string text = text_of(object, key);
  std::int64_t seconds = 0;
  if (!text.ends_with('s')) return base::Seconds{0};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || (*end != 's' && *end != '.')) return base::Seconds{0};
  return std::clamp(base::Seconds{seconds}, base::Seconds{0}, kMaxKept);
}

bool is_known(std::string_view type) {
  return std::ranges::find(kThreatTypes, type) != kThreatTypes.end();
}

base::Result<json::Value> read(std::string_view body) {
  base::Result<json::Value> value = json::parse(body, {.max_depth = 16, .max_values = kMaxValues});
  if (!value.ok()) return unreadable("no JSON: " + value.error().detail);
  if (value->if_object() == nullptr) return unreadable("no object");
  return value;
}

void write_client(json::Writer& json) {
  json.key("client").begin_object();
  json.key("clientId").string("ashlar").key("clientVersion").string("1").end_object();
}

void write_types(json::Writer& json) {
  json.key("threatTypes").begin_array();
  for (const std::string_view type : kThreatTypes) json.string(type);
  json.end_array().key("platformTypes").begin_array().string("ANY_PLATFORM").end_array();
  json.key("threatEntryTypes").begin_array().string("URL").end_array();
}

// Only within frames, or there to try the client: no reason to warn of a page.
bool counts(const json::Value& detail) {
  return std::ranges::none_of(array_of(detail, "attributes"), [](const json::Value& attribute) {
    const std::string* text = attribute.if_string();
    return text == nullptr || *text == "CANARY" || *text == "FRAME_ONLY";
  });
}

base::Status read_additions(const json::Value& response, ListUpdate& update) {
  for (const json::Value& set : array_of(response, "additions")) {
    const json::Value* raw = set.find("rawHashes");
    if (raw == nullptr) return unreadable("a compression that was not asked for");
    const json::Value* size = raw->find("prefixSize");
    const std::int64_t bytes =
        size != nullptr && size->if_integer() != nullptr ? *size->if_integer() : 0;
    const auto hashes = unbase64(text_of(*raw, "rawHashes"));
    if (bytes < std::int64_t{kPrefixBytes} || bytes > std::int64_t{kMaxHashBytes} || !hashes ||
        hashes->size() % static_cast<std::size_t>(bytes) != 0) {
      return unreadable("prefixes of no whole size");
    }
    for (std::size_t at = 0; at < hashes->size(); at += static_cast<std::size_t>(bytes)) {
      update.added.push_back(hashes->substr(at, static_cast<std::size_t>(bytes)));
    }
  }
  return base::ok_status();
}

base::Status read_removals(const json::Value& response, ListUpdate& update) {
  for (const json::Value& set : array_of(response, "removals")) {
    const json::Value* raw = set.find("rawIndices");
    if (raw == nullptr) return unreadable("a compression that was not asked for");
    for (const json::Value& index : array_of(*raw, "indices")) {
      if (index.if_integer() == nullptr) return unreadable("a place that is no number");
      update.removed.push_back(*index.if_integer());
    }
  }
  return base::ok_status();
}

}  // namespace

std::string search_target_v5(std::string_view key, std::span<const std::string> prefixes) {
  std::string target = "/v5/hashes:search?key=" + base::percent_encode(key);
  for (const std::string& prefix : prefixes) {
    target += "&hashPrefixes=" + base::percent_encode(base64(prefix));
  }
  return target;
}

base::Result<HashAnswer> read_search_v5(std::string_view body) {
  ASHLAR_ASSIGN(const json::Value value, read(body));
  HashAnswer answer;
  answer.keep = duration_of(value, "cacheDuration");
  for (const json::Value& found : array_of(value, "fullHashes")) {
    const auto hash = unbase64(text_of(found, "fullHash"));
    if (!hash || hash->size() != security::kSha256Bytes) return unreadable("a hash that is none");
    for (const json::Value& detail : array_of(found, "fullHashDetails")) {
      std::string type = text_of(detail, "threatType");
      if (is_known(type) && counts(detail)) {
        answer.hits.push_back({*hash, std::move(type), answer.keep});
      }
    }
  }
  return answer;
}

std::string find_body_v4(std::span<const std::string> prefixes,
                         std::span<const std::string> states) {
  std::string body;
  json::Writer json(body);
  json.begin_object();
  write_client(json);
  json.key("clientStates").begin_array();
  for (const std::string& state : states) json.string(state);
  json.end_array().key("threatInfo").begin_object();
  write_types(json);
  json.key("threatEntries").begin_array();
  for (const std::string& prefix : prefixes) {
    json.begin_object().key("hash").string(base64(prefix)).end_object();
  }
  json.end_array().end_object().end_object();
  return body;
}

base::Result<HashAnswer> read_find_v4(std::string_view body) {
  ASHLAR_ASSIGN(const json::Value value, read(body));
  HashAnswer answer;
  answer.keep = duration_of(value, "negativeCacheDuration");
  answer.wait = duration_of(value, "minimumWaitDuration");
  for (const json::Value& match : array_of(value, "matches")) {
    const json::Value* threat = match.find("threat");
    const auto hash = threat == nullptr ? std::nullopt : unbase64(text_of(*threat, "hash"));
    if (!hash || hash->size() != security::kSha256Bytes) return unreadable("a hash that is none");
    std::string type = text_of(match, "threatType");
    if (is_known(type)) {
      answer.hits.push_back({*hash, std::move(type), duration_of(match, "cacheDuration")});
    }
  }
  return answer;
}

std::string update_body_v4(std::span<const ListState> lists) {
  std::string body;
  json::Writer json(body);
  json.begin_object();
  write_client(json);
  json.key("listUpdateRequests").begin_array();
  for (const auto& [type, state] : lists) {
    json.begin_object().key("threatType").string(type);
    json.key("platformType").string("ANY_PLATFORM").key("threatEntryType").string("URL");
    json.key("state").string(state).key("constraints").begin_object();
    json.key("supportedCompressions").begin_array().string("RAW").end_array();
    json.end_object().end_object();
  }
  json.end_array().end_object();
  return body;
}

base::Result<ListUpdates> read_updates_v4(std::string_view body) {
  ASHLAR_ASSIGN(const json::Value value, read(body));
  ListUpdates updates;
  updates.wait = duration_of(value, "minimumWaitDuration");
  for (const json::Value& response : array_of(value, "listUpdateResponses")) {
    ListUpdate update;
    update.type = text_of(response, "threatType");
    if (!is_known(update.type)) continue;
    update.full = text_of(response, "responseType") == "FULL_UPDATE";
    ASHLAR_TRY(read_additions(response, update));
    ASHLAR_TRY(read_removals(response, update));
    update.state = text_of(response, "newClientState");
    const json::Value* checksum = response.find("checksum");
    const auto sum = checksum == nullptr ? std::nullopt : unbase64(text_of(*checksum, "sha256"));
    if (!sum) return unreadable("a list without its checksum");
    update.checksum = *sum;
    updates.updates.push_back(std::move(update));
  }
  return updates;
}

}  // namespace ashlar::links::abuse
