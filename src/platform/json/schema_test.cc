// Schemas through their public face: what is taken, what each wrong field is told, what is
// rendered.
#include "platform/json/schema.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::json {
namespace {

using WidgetId = base::StrongId<struct WidgetTag>;

struct Part {
  WidgetId id;
  std::string name;
  std::vector<int> sizes;
};

struct Widget {
  std::string url;
  std::optional<std::string> code;
  int status = 302;
  std::optional<base::Time> expires_at;
  std::int64_t amount = 0;
  double ratio = 0.5;
  bool enabled = true;
  std::string color = "red";
  std::vector<Part> parts;
  std::optional<Part> spare;
};

struct WidgetPatch {
  Patch<std::string> url;
  Patch<std::optional<base::Time>> expires_at;
  Patch<bool> enabled;
  Patch<std::vector<std::string>> tags;
};

const Schema<Part>& part_schema() {
  static const auto schema =
      Schema<Part>("Part", "A part.")
          .required("id", &Part::id)
          .required("name", &Part::name, {.doc = "Its name.", .min_length = 1, .max_length = 5})
          .optional("sizes", &Part::sizes, {.min = 1, .max = 9, .max_items = 3});
  return schema;
}

const Schema<Widget>& widget_schema() {
  static const auto schema =
      Schema<Widget>("Widget", "A widget.")
          .required("url", &Widget::url, {.doc = "Target.", .max_length = 40, .format = "uri"})
          .optional("code", &Widget::code,
                    {.min_length = 3, .max_length = 8, .pattern = "^[A-Za-z0-9_-]+$"})
          .optional("status", &Widget::status, {.one_of = {301, 302, 307, 308}})
          .optional("expires_at", &Widget::expires_at)
          .optional("amount", &Widget::amount, {.min = 0})
          .optional("ratio", &Widget::ratio, {.min = 0, .max = 1})
          .optional("enabled", &Widget::enabled)
          .optional("color", &Widget::color, {.one_of = {"red", "green"}})
          .optional("parts", &Widget::parts, part_schema(), {.max_items = 2})
          .optional("spare", &Widget::spare, part_schema());
  return schema;
}

const Schema<WidgetPatch>& patch_schema() {
  static const auto schema = Schema<WidgetPatch>("WidgetPatch", "What to change.")
                                 .optional("url", &WidgetPatch::url)
                                 .optional("expires_at", &WidgetPatch::expires_at)
                                 .optional("enabled", &WidgetPatch::enabled)
                                 .optional("tags", &WidgetPatch::tags, {.max_length = 3});
  return schema;
}

template <class T>
std::string text_of(const Schema<T>& schema, const T& object) {
  std::string out;
  Writer writer(out);
  schema.write(writer, object);
  EXPECT_TRUE(writer.done());
  return out;
}

std::string wrong_fields(const base::Error& error) {
  std::string out;
  for (const base::FieldError& field : error.fields) {
    out += (out.empty() ? "" : " ") + field.field + ":" + field.reason;
  }
  return out;
}

TEST(JsonSchema, TellsEveryWrongField) {
  struct Row {
    const char* body;
    const char* wrong;
  };
  const Row rows[] = {
      {R"([])", ":wrong_type"},
      {R"("x")", ":wrong_type"},
      {R"(null)", ":wrong_type"},
      {R"({})", "/url:required"},
      {R"({"url":null})", "/url:null_not_allowed"},
      {R"({"url":7})", "/url:wrong_type"},
      {R"({"url":["http://x"]})", "/url:wrong_type"},
      {R"({"url":""})", "/url:bad_format"},
      {R"({"url":"no scheme"})", "/url:bad_format"},
      {R"({"url":":x"})", "/url:bad_format"},
      {R"({"url":"1http://x"})", "/url:bad_format"},
      {R"({"url":"http:"})", "/url:bad_format"},
      {R"({"url":"http://a b"})", "/url:bad_format"},
      {R"({"url":"http://a\nb"})", "/url:bad_format"},
      {R"({"url":"http://01234567890123456789012345678901234567890"})", "/url:too_long"},
      {R"({"url":"x:y","URL":"x:y"})", "/URL:unknown_field"},
      {R"({"url":"x:y","a/b~c":1})", "/a~1b~0c:unknown_field"},
      {R"({"url":"x:y","":1})", "/:unknown_field"},
      {R"({"url":"x:y","code":"ab"})", "/code:too_short"},
      {R"({"url":"x:y","code":"abcdefghi"})", "/code:too_long"},
      {R"({"url":"x:y","code":"a b"})", "/code:bad_format"},
      {R"({"url":"x:y","code":"é€😀"})", "/code:bad_format"},
      {R"({"url":"x:y","code":false})", "/code:wrong_type"},
      {R"({"url":"x:y","status":303})", "/status:not_allowed"},
      {R"({"url":"x:y","status":"302"})", "/status:wrong_type"},
      {R"({"url":"x:y","status":302.5})", "/status:wrong_type"},
      {R"({"url":"x:y","status":null})", "/status:null_not_allowed"},
      {R"({"url":"x:y","status":1e300})", "/status:wrong_type"},
      {R"({"url":"x:y","expires_at":"tomorrow"})", "/expires_at:bad_timestamp"},
      {R"({"url":"x:y","expires_at":"2030-02-30T00:00:00Z"})", "/expires_at:bad_timestamp"},
      {R"({"url":"x:y","expires_at":"2030-01-01"})", "/expires_at:bad_timestamp"},
      {R"({"url":"x:y","expires_at":"0000-01-01T00:00:00Z"})", "/expires_at:bad_timestamp"},
      {R"({"url":"x:y","expires_at":"0001-01-01T00:00:00+01:00"})", "/expires_at:bad_timestamp"},
      {R"({"url":"x:y","expires_at":"9999-12-31T23:59:59-01:00"})", "/expires_at:bad_timestamp"},
      {R"({"url":"x:y","expires_at":1893456000})", "/expires_at:wrong_type"},
      {R"({"url":"x:y","amount":-1})", "/amount:out_of_range"},
      {R"({"url":"x:y","amount":9007199254740994.0})", "/amount:wrong_type"},
      {R"({"url":"x:y","ratio":1.01})", "/ratio:out_of_range"},
      {R"({"url":"x:y","ratio":-1})", "/ratio:out_of_range"},
      {R"({"url":"x:y","ratio":"0.5"})", "/ratio:wrong_type"},
      {R"({"url":"x:y","enabled":1})", "/enabled:wrong_type"},
      {R"({"url":"x:y","enabled":"true"})", "/enabled:wrong_type"},
      {R"({"url":"x:y","color":"blue"})", "/color:not_allowed"},
      {R"({"url":"x:y","color":"Red"})", "/color:not_allowed"},
      {R"({"url":"x:y","parts":{}})", "/parts:wrong_type"},
      {R"({"url":"x:y","parts":null})", "/parts:null_not_allowed"},
      {R"({"url":"x:y","parts":[null]})", "/parts/0:null_not_allowed"},
      {R"({"url":"x:y","parts":[1]})", "/parts/0:wrong_type"},
      {R"({"url":"x:y","parts":[{"id":"1","name":"a"},{}]})",
       "/parts/1/id:required /parts/1/name:required"},
      {R"({"url":"x:y","parts":[{},{},{}]})", "/parts:too_many_items"},
      {R"({"url":"x:y","parts":[{"id":1,"name":"a"}]})", "/parts/0/id:wrong_type"},
      {R"({"url":"x:y","parts":[{"id":"0","name":"a"}]})", "/parts/0/id:bad_format"},
      {R"({"url":"x:y","parts":[{"id":"01","name":"a"}]})", "/parts/0/id:bad_format"},
      {R"({"url":"x:y","parts":[{"id":"-1","name":"a"}]})", "/parts/0/id:bad_format"},
      {R"({"url":"x:y","parts":[{"id":"1x","name":"a"}]})", "/parts/0/id:bad_format"},
      {R"({"url":"x:y","parts":[{"id":"9223372036854775808","name":"a"}]})",
       "/parts/0/id:bad_format"},
      {R"({"url":"x:y","spare":{"id":"1","name":"","sizes":[1,10,"x"],"zz":0}})",
       "/spare/name:too_short /spare/sizes/1:out_of_range /spare/sizes/2:wrong_type "
       "/spare/zz:unknown_field"},
      {R"({"status":1,"color":3,"what":{"deep":[]}})",
       "/status:not_allowed /color:wrong_type /what:unknown_field /url:required"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.body);
    const base::Result<Widget> result = widget_schema().parse_body(row.body);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, base::Code::kInvalid);
    EXPECT_STREQ(result.error().reason, "invalid_request");
    EXPECT_EQ(wrong_fields(result.error()), row.wrong);
  }
}

TEST(JsonSchema, BrokenTextKeepsItsOwnReason) {
  const base::Result<Widget> result = widget_schema().parse_body(R"({"url":"x:y","url":"x:z"})");
  ASSERT_FALSE(result.ok());
  EXPECT_STREQ(result.error().reason, "duplicate_key");
}

TEST(JsonSchema, AbsentKeepsTheDefault) {
  const base::Result<Widget> result = widget_schema().parse_body(R"({"url":"https://x.example/"})");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->url, "https://x.example/");
  EXPECT_FALSE(result->code.has_value());
  EXPECT_EQ(result->status, 302);
  EXPECT_EQ(result->ratio, 0.5);
  EXPECT_TRUE(result->enabled);
  EXPECT_EQ(result->color, "red");
}

TEST(JsonSchema, TakesEveryKind) {
  const base::Result<Widget> result = widget_schema().parse_body(R"({
    "url":"x:y", "code":null, "status":308.0, "expires_at":"2030-01-01T02:00:00+02:00",
    "amount":9223372036854775807, "ratio":1, "enabled":false, "color":"green",
    "parts":[{"id":"7","name":"ééééé","sizes":[1,9]}], "spare":null})");
  ASSERT_TRUE(result.ok()) << wrong_fields(result.error());
  EXPECT_FALSE(result->code.has_value());
  EXPECT_EQ(result->status, 308);
  EXPECT_EQ(base::format_rfc3339(*result->expires_at), "2030-01-01T00:00:00Z");
  EXPECT_EQ(result->amount, 9223372036854775807);
  EXPECT_EQ(result->ratio, 1.0);
  EXPECT_FALSE(result->enabled);
  ASSERT_EQ(result->parts.size(), 1U);
  EXPECT_EQ(result->parts[0].id, WidgetId{7});
  EXPECT_EQ(result->parts[0].sizes, (std::vector<int>{1, 9}));
  EXPECT_FALSE(result->spare.has_value());
}

TEST(JsonSchema, RendersEveryFieldInOrder) {
  Widget widget;
  widget.url = "x:\"y\"";
  widget.parts = {{WidgetId{9'007'199'254'740'993}, "a", {}}};
  widget.expires_at = base::from_micros(1'893'456'000'250'000);
  EXPECT_EQ(text_of(widget_schema(), widget),
            R"({"url":"x:\"y\"","code":null,"status":302,"expires_at":"2030-01-01T00:00:00.250Z",)"
            R"("amount":0,"ratio":0.5,"enabled":true,"color":"red",)"
            R"("parts":[{"id":"9007199254740993","name":"a","sizes":[]}],"spare":null})");
}

TEST(JsonSchema, PatchTellsAbsentFromNull) {
  const base::Result<WidgetPatch> nothing = patch_schema().parse_body("{}");
  ASSERT_TRUE(nothing.ok());
  EXPECT_FALSE(nothing->url.is_set());
  EXPECT_FALSE(nothing->expires_at.is_set());
  EXPECT_EQ(text_of(patch_schema(), *nothing), "{}");

  const base::Result<WidgetPatch> cleared =
      patch_schema().parse_body(R"({"expires_at":null,"enabled":false,"tags":["a","b"]})");
  ASSERT_TRUE(cleared.ok()) << wrong_fields(cleared.error());
  ASSERT_TRUE(cleared->expires_at.is_set());
  EXPECT_FALSE(cleared->expires_at->has_value());
  EXPECT_EQ(cleared->tags->size(), 2U);
  EXPECT_EQ(text_of(patch_schema(), *cleared),
            R"({"expires_at":null,"enabled":false,"tags":["a","b"]})");

  std::optional<base::Time> expires = base::from_micros(1);
  EXPECT_TRUE(cleared->expires_at.apply_to(expires));
  EXPECT_FALSE(expires.has_value());
  EXPECT_FALSE(cleared->expires_at.apply_to(expires));
  bool enabled = true;
  EXPECT_FALSE(nothing->enabled.apply_to(enabled));
  EXPECT_TRUE(enabled);

  const base::Result<WidgetPatch> wrong =
      patch_schema().parse_body(R"({"url":null,"enabled":null,"tags":["long",null]})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong_fields(wrong.error()),
            "/url:null_not_allowed /enabled:null_not_allowed /tags/0:too_long "
            "/tags/1:null_not_allowed");
}

TEST(JsonSchema, PagesCarryTheirCursor) {
  const Schema<Page<Part>> schema = page_schema(part_schema());
  EXPECT_EQ(schema.name(), "PartPage");
  Page<Part> page{{{WidgetId{1}, "a", {}}}, std::nullopt};
  EXPECT_EQ(text_of(schema, page),
            R"({"data":[{"id":"1","name":"a","sizes":[]}],"next_cursor":null})");
  page.next_cursor = "abc";
  page.data.clear();
  EXPECT_EQ(text_of(schema, page), R"({"data":[],"next_cursor":"abc"})");
}

TEST(JsonSchema, DescribesItself) {
  const Shape& shape = widget_schema();
  EXPECT_EQ(shape.name(), "Widget");
  ASSERT_EQ(shape.fields().size(), 10U);
  const Field& status = shape.fields()[2];
  EXPECT_EQ(status.name, "status");
  EXPECT_EQ(status.kind(), FieldKind::kInt32);
  EXPECT_FALSE(status.required);
  EXPECT_FALSE(status.nullable());
  EXPECT_EQ(status.default_json, "302");
  EXPECT_EQ(shape.fields()[7].default_json, "\"red\"");
  EXPECT_EQ(shape.fields()[1].default_json, "");
  EXPECT_TRUE(shape.fields()[1].nullable());
  EXPECT_TRUE(shape.fields()[0].required);
  EXPECT_EQ(shape.fields()[0].default_json, "");
  EXPECT_TRUE(shape.fields()[8].is_array());
  EXPECT_EQ(shape.fields()[8].shape, &part_schema());
  EXPECT_TRUE(patch_schema().fields()[1].nullable());
  EXPECT_FALSE(patch_schema().fields()[2].nullable());
}

TEST(JsonSchema, ManyWrongFieldsAreCut) {
  std::string body = "{\"url\":\"x:y\"";
  for (int i = 0; i < 5'000; ++i)
    body += ",\"z" + std::to_string(i) + std::string(200, 'q') + "\":1";
  body += "}";
  const base::Result<Widget> result = widget_schema().parse_body(body);
  ASSERT_FALSE(result.ok());
  ASSERT_EQ(result.error().fields.size(), Shape::kMaxFieldErrors);
  for (const base::FieldError& field : result.error().fields) EXPECT_LT(field.field.size(), 80U);
}

TEST(JsonSchema, DetailsNeverRepeatTheValue) {
  const base::Result<Widget> result = widget_schema().parse_body(
      R"({"url":"sekret one","code":"sekret two","color":"sekret","expires_at":"sekret"})");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().fields.size(), 4U);
  EXPECT_EQ(result.error().detail.find("sekret"), std::string::npos);
  for (const base::FieldError& field : result.error().fields) {
    EXPECT_EQ(field.detail.find("sekret"), std::string::npos) << field.detail;
  }
}

struct Plain {
  std::string text;
  int number = 0;
};

TEST(JsonSchemaDeathTest, WrongDeclarationsAbort) {
  const auto schema = [] { return Schema<Plain>("Plain", ""); };
  EXPECT_DEATH(schema().required("a", &Plain::text).required("a", &Plain::number), "fields_");
  EXPECT_DEATH(schema().required("a", &Plain::text, {.pattern = "a|b"}), "pattern");
  EXPECT_DEATH(schema().required("a", &Plain::text, {.format = "hostname"}), "format");
  EXPECT_DEATH(schema().required("a", &Plain::text, {.min = 1}), "is_number");
  EXPECT_DEATH(schema().required("a", &Plain::text, {.one_of = {1}}), "Literal");
  EXPECT_DEATH(schema().required("a", &Plain::number, {.max_length = 1}), "max_length");
  EXPECT_DEATH(schema().required("", &Plain::number), "name");
}

struct Letter {
  AnyJson payload;
  std::optional<AnyJson> note;
  std::vector<AnyJson> more;
};

const Schema<Letter>& letter_schema() {
  static const auto schema =
      Schema<Letter>("Letter", "Whatever its sender likes.")
          .required("payload", &Letter::payload, {.doc = "Any.", .example = R"({"a":[1]})"})
          .optional("note", &Letter::note)
          .optional("more", &Letter::more, {.max_items = 2});
  return schema;
}

TEST(SchemaAnyJson, ComesBackAsTheSameValue) {
  for (const std::string_view value :
       {R"(null)", R"(true)", R"("a\"b")", R"(-0.5)", R"(9223372036854775807)", R"(1.0)", R"([])",
        R"({"b":1,"a":{"z":[null,{}]}})"}) {
    const auto letter =
        letter_schema().parse_body(R"({"payload": )" + std::string(value) + R"(,"more":[null,2]})");
    ASSERT_TRUE(letter.ok()) << value;
    EXPECT_EQ(letter->payload.text, value);
    std::string out;
    Writer writer(out);
    letter_schema().write(writer, *letter);
    EXPECT_EQ(out, R"({"payload":)" + std::string(value) + R"(,"note":null,"more":[null,2]})");
  }
  EXPECT_FALSE(letter_schema().parse_body("{}").ok());
}

}  // namespace
}  // namespace ashlar::json
