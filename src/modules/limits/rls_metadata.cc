#include "modules/limits/rls_metadata.h"

#include <algorithm>
#include <string>
#include <utility>

#include "modules/limits/rls_call.h"
#include "modules/limits/rls_config.h"
#include "modules/limits/rls_tree.h"

namespace ashlar::limits {

namespace {

using Object = json::Value::Object;

void lay_under(Object& out, const Object& from) {
  for (const auto& [key, value] : from) {
    const auto there = std::ranges::find(out, key, &Object::value_type::first);
    if (there == out.end()) {
      out.emplace_back(key, value);
    } else if (Object* inner = there->second.if_object(); inner && value.if_object() != nullptr) {
      lay_under(*inner, *value.if_object());
    }
  }
}

std::string limit_text(const RlsOverride& limit) {
  std::string out;
  if (limit.requests_per_unit > 0) {
    out = "requests_per_unit:" + std::to_string(limit.requests_per_unit);
  }
  if (limit.unit != 0) {
    const bool named = limit.unit > 0 && limit.unit <= static_cast<int>(RlsUnit::kYear);
    if (!out.empty()) out += ' ';
    out += "unit:";
    out +=
        named ? std::string(name_of(static_cast<RlsUnit>(limit.unit))) : std::to_string(limit.unit);
  }
  return out;
}

json::Value descriptor_value(const RlsRequest& request, const RlsAsk& ask) {
  json::Value::Array entries;
  for (const RlsEntry& entry : request.entries_of(ask)) {
    entries.emplace_back(std::string(entry.key) + "=" + std::string(entry.value));
  }
  Object out;
  out.emplace_back("entries", json::Value(std::move(entries)));
  if (ask.limit) out.emplace_back("limit", json::Value(limit_text(*ask.limit)));
  if (ask.hits_addend) {
    out.emplace_back("hitsAddend", json::Value(static_cast<double>(*ask.hits_addend)));
  }
  return json::Value(std::move(out));
}

}  // namespace

Object rls_metadata(const RlsRequest& request, std::span<const RlsRule* const> passed) {
  Object out;
  out.emplace_back("domain", json::Value(std::string(request.domain)));
  json::Value::Array descriptors;
  for (const RlsAsk& ask : request.descriptors) {
    descriptors.push_back(descriptor_value(request, ask));
  }
  out.emplace_back("descriptors", json::Value(std::move(descriptors)));
  if (request.hits_addend > 0) {
    out.emplace_back("hitsAddend", json::Value(static_cast<double>(request.hits_addend)));
  }
  Object merged;
  for (const RlsRule* rule : passed) lay_under(merged, rule->metadata);
  if (!merged.empty()) out.emplace_back("metadata", json::Value(std::move(merged)));
  return out;
}

}  // namespace ashlar::limits
