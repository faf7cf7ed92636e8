#include "modules/limits/rls_proto.h"

#include <utility>

#include "modules/limits/rls_call.h"
#include "platform/json/value.h"
#include "platform/proto/reader.h"
#include "platform/proto/writer.h"

namespace ashlar::limits {

namespace {

using proto::kBytes;
using proto::kVarint;
using proto::tag;

bool read_entry(proto::Reader message, RlsEntry& out) {
  while (message.next()) {
    switch (message.tag()) {
      case tag(1, kBytes):
        out.key = message.text();
        break;
      case tag(2, kBytes):
        out.value = message.text();
        break;
      default:
        break;
    }
  }
  return message.ok();
}

bool read_limit(proto::Reader message, RlsOverride& out) {
  while (message.next()) {
    switch (message.tag()) {
      case tag(1, kVarint):
        out.requests_per_unit = message.u32();
        break;
      case tag(2, kVarint):
        out.unit = message.i32();
        break;
      default:
        break;
    }
  }
  return message.ok();
}

bool read_wrapped(proto::Reader message, std::uint64_t& out) {
  while (message.next()) {
    if (message.tag() == tag(1, kVarint)) out = message.u64();
  }
  return message.ok();
}

bool read_descriptor(proto::Reader message, RlsRequest& request, RlsAsk& out) {
  bool good = true;
  while (good && message.next()) {
    switch (message.tag()) {
      case tag(1, kBytes):
        good = request.entries.size() < RlsRequest::kMaxEntries &&
               read_entry(message.nested(), request.entries.emplace_back());
        ++out.entries;
        break;
      case tag(2, kBytes):
        if (!out.limit) out.limit.emplace();
        good = read_limit(message.nested(), *out.limit);
        break;
      case tag(3, kBytes):
        if (!out.hits_addend) out.hits_addend.emplace(0);
        good = read_wrapped(message.nested(), *out.hits_addend);
        break;
      case tag(4, kVarint):
        out.is_negative_hits = message.boolean();
        break;
      default:
        break;
    }
  }
  return good && message.ok();
}

base::Error bad_protobuf() {
  return base::fail(base::Code::kInvalid, "bad_protobuf",
                    "This is no envoy.service.ratelimit.v3.RateLimitRequest.");
}

void write_value(proto::Writer& out, const json::Value& value);

void write_struct(proto::Writer& out, const json::Value::Object& object) {
  for (const auto& [key, value] : object) {
    const auto entry = out.message(1);
    out.text(1, key);
    const auto inner = out.message(2);
    write_value(out, value);
  }
}

// google.protobuf.Value: a oneof, so that also what has its default is written.
void write_value(proto::Writer& out, const json::Value& value) {
  if (const bool* boolean = value.if_boolean()) {
    out.each_u64(4, *boolean ? 1 : 0);
  } else if (const double* real = value.if_real()) {
    out.each_real(2, *real);
  } else if (const std::string* text = value.if_string()) {
    out.each_text(3, *text);
  } else if (const auto* object = value.if_object()) {
    const auto inner = out.message(5);
    write_struct(out, *object);
  } else if (const auto* list = value.if_array()) {
    const auto inner = out.message(6);
    for (const json::Value& item : *list) {
      const auto element = out.message(1);
      write_value(out, item);
    }
  } else {
    out.each_u64(1, 0);
  }
}

void write_status(proto::Writer& out, const RlsStatus& status) {
  const auto message = out.message(2);
  out.u64(1, static_cast<std::uint64_t>(status.code));
  if (status.has_limit) {
    const auto limit = out.message(2);
    out.u64(1, status.requests_per_unit);
    out.u64(2, static_cast<std::uint64_t>(status.unit));
    out.text(3, status.name);
  }
  out.u64(3, status.limit_remaining);
  if (status.has_limit) {
    const auto duration = out.message(4);
    out.i64(1, status.reset_s);
  }
}

}  // namespace

base::Status read_rls_request(std::string_view bytes, RlsRequest& request) {
  proto::Reader message(bytes);
  while (message.next()) {
    switch (message.tag()) {
      case tag(1, kBytes):
        request.domain = message.text();
        break;
      case tag(2, kBytes): {
        RlsAsk& ask = request.descriptors.emplace_back();
        ask.first_entry = static_cast<std::uint32_t>(request.entries.size());
        if (request.descriptors.size() > RlsRequest::kMaxEntries ||
            !read_descriptor(message.nested(), request, ask)) {
          return bad_protobuf();
        }
        break;
      }
      case tag(3, kVarint):
        request.hits_addend = message.u32();
        break;
      default:
        break;
    }
  }
  return message.ok() ? base::ok_status() : bad_protobuf();
}

void write_rls_response(const RlsResponse& response, std::string& bytes) {
  proto::Writer out(bytes);
  out.u64(1, static_cast<std::uint64_t>(response.overall_code));
  for (const RlsStatus& status : response.statuses) write_status(out, status);
  for (const auto& [name, value] : response.headers) {
    const auto header = out.message(3);
    out.text(1, name);
    out.text(2, value);
  }
  if (!response.metadata.empty()) {
    const auto metadata = out.message(6);
    write_struct(out, response.metadata);
  }
}

}  // namespace ashlar::limits
