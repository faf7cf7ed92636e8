// Any bytes as a body of a type with every kind of member: an answer within bounds, and what is
// taken is rendered so that it is taken again and means the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ashlar::json {
namespace {

struct Inner {
  base::TenantId id;
  std::vector<std::string> tags;
};

struct Everything {
  std::string s = "x:y";
  std::optional<std::string> c;
  int i = 302;
  std::int64_t n = 0;
  double d = 0;
  bool b = false;
  std::optional<base::Time> t;
  Patch<std::optional<base::Time>> p;
  Patch<std::vector<int>> v;
  std::vector<Inner> a;
  std::optional<Inner> o;
};

const Schema<Inner>& inner_schema() {
  static const auto schema =
      Schema<Inner>("Inner", "")
          .required("id", &Inner::id)
          .optional("tags", &Inner::tags,
                    {.max_length = 4, .pattern = "^[a-z]*-?[0-9]{0,2}$", .max_items = 3});
  return schema;
}

const Schema<Everything>& schema() {
  static const auto schema =
      Schema<Everything>("Everything", "")
          .optional("s", &Everything::s, {.format = "uri"})
          .optional("c", &Everything::c,
                    {.min_length = 1, .max_length = 8, .pattern = "^[A-Za-z_-]+$"})
          .optional("i", &Everything::i, {.one_of = {301, 302}})
          .optional("n", &Everything::n, {.min = -5})
          .optional("d", &Everything::d, {.max = 5})
          .optional("b", &Everything::b)
          .optional("t", &Everything::t)
          .optional("p", &Everything::p)
          .optional("v", &Everything::v)
          .optional("a", &Everything::a, inner_schema(), {.max_items = 5})
          .optional("o", &Everything::o, inner_schema());
  return schema;
}

std::string text_of(const Everything& object) {
  std::string out;
  Writer writer(out);
  schema().write(writer, object);
  CHECK(writer.done());
  return out;
}

void check_error(const base::Error& error) {
  CHECK(error.code == base::Code::kInvalid);
  CHECK(error.fields.size() <= Shape::kMaxFieldErrors);
  for (const base::FieldError& field : error.fields) {
    CHECK(base::is_utf8(field.field));
    CHECK(field.field.size() < 600);
  }
}

}  // namespace
}  // namespace ashlar::json

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace json = ashlar::json;
  const auto object = json::schema().parse_body({reinterpret_cast<const char*>(data), size});
  if (!object.ok()) {
    json::check_error(object.error());
    return 0;
  }
  const std::string written = json::text_of(*object);
  const auto again = json::schema().parse_body(written);
  CHECK(again.ok());
  CHECK(json::text_of(*again) == written);
  return 0;
}
