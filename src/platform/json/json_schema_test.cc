#include "platform/json/json_schema.h"

#include <gtest/gtest.h>

#include <string>

#include "platform/json/parse.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::json {
namespace {

struct Step {
  base::StrongId<struct StepTag> id;
  std::string name;
};
struct Recipe {
  std::string url;
  std::optional<std::string> code;
  int status = 302;
  std::optional<int> level;
  base::Time at;
  double ratio = 0.5;
  std::vector<std::string> scopes;
  std::vector<Step> steps;
  std::optional<Step> last;
  Patch<bool> on;
};

const Schema<Step>& step_schema() {
  static const auto schema = Schema<Step>("Step", "A step.")
                                 .required("id", &Step::id)
                                 .required("name", &Step::name, {.min_length = 6, .max_length = 8});
  return schema;
}

const Schema<Recipe>& recipe_schema() {
  static const auto schema =
      Schema<Recipe>("Recipe", "A recipe.")
          .required("url", &Recipe::url, {.doc = "Where.", .max_length = 20, .format = "uri"})
          .optional("code", &Recipe::code, {.pattern = "^[a-z]+$", .example = "abc"})
          .optional("status", &Recipe::status, {.one_of = {301, 302}})
          .required("level", &Recipe::level, {.one_of = {1, 2}})
          .required("at", &Recipe::at)
          .optional("ratio", &Recipe::ratio, {.min = 0, .max = 1})
          .required("scopes", &Recipe::scopes, {.min_items = 1, .max_items = 3, .example = "a:b"})
          .required("steps", &Recipe::steps, step_schema(), {.doc = "How."})
          .required("last", &Recipe::last, step_schema())
          .optional("on", &Recipe::on);
  return schema;
}

TEST(JsonSchemaText, IsWhatTheShapeSays) {
  std::string out;
  Writer writer(out);
  write_json_schema(writer, recipe_schema(), Openness::kClosed);
  EXPECT_EQ(
      out,
      R"({"type":"object","description":"A recipe.","properties":{)"
      R"("url":{"type":"string","format":"uri","maxLength":20,"description":"Where."},)"
      R"("code":{"type":["string","null"],"pattern":"^[a-z]+$","examples":["abc"]},)"
      R"("status":{"type":"integer","format":"int32","enum":[301,302],"default":302},)"
      R"("level":{"type":["integer","null"],"format":"int32","enum":[1,2,null]},)"
      R"("at":{"type":"string","format":"date-time"},)"
      R"("ratio":{"type":"number","format":"double","minimum":0,"maximum":1,"default":0.5},)"
      R"("scopes":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3,)"
      R"("examples":[["a:b"]]},)"
      R"("steps":{"type":"array","items":{"$ref":"#/components/schemas/Step"},"description":"How."},)"
      R"("last":{"anyOf":[{"$ref":"#/components/schemas/Step"},{"type":"null"}]},)"
      R"("on":{"type":"boolean"}},)"
      R"("required":["url","level","at","scopes","steps","last"],"additionalProperties":false})");
}

TEST(JsonSchemaText, AnswersStayOpen) {
  std::string out;
  Writer writer(out);
  write_json_schema(writer, step_schema(), Openness::kOpen);
  EXPECT_EQ(out.find("additionalProperties"), std::string::npos);
}

TEST(JsonSchemaText, ExampleIsAccepted) {
  const std::string example = example_of(recipe_schema());
  EXPECT_EQ(example,
            R"({"url":"https://example.com/","code":"abc","level":1,"at":"2030-01-31T12:00:00Z",)"
            R"("scopes":["a:b"],"steps":[{"id":"8070450532247928832","name":"textxx"}],)"
            R"("last":{"id":"8070450532247928832","name":"textxx"}})");
  const base::Result<Recipe> taken = recipe_schema().parse_body(example);
  EXPECT_TRUE(taken.ok()) << taken.error().fields.front().field;
}

struct Labels {
  std::string name;
  Value::Object labels;
  Value::Object rest;
};

const Schema<Labels>& labels_schema() {
  static const auto kSchema =
      Schema<Labels>("Labels", "")
          .required("name", &Labels::name)
          .required("labels", &Labels::labels, {.example = R"({"region":"eu"})"})
          .optional("rest", &Labels::rest);
  return kSchema;
}

TEST(JsonSchemaText, AnObjectWithAnyNamesIsTakenAndGivenAsItIs) {
  std::string out;
  Writer writer(out);
  write_json_schema(writer, labels_schema(), Openness::kClosed);
  EXPECT_EQ(out, R"({"type":"object","properties":{"name":{"type":"string"},)"
                 R"("labels":{"type":"object","examples":[{"region":"eu"}]},)"
                 R"("rest":{"type":"object"}},"required":["name","labels"],)"
                 R"("additionalProperties":false})");
  EXPECT_EQ(example_of(labels_schema()), R"({"name":"text","labels":{"region":"eu"}})");
  const std::string text = R"({"name":"a","labels":{"x":[1,{"y":null}]},"rest":{}})";
  const base::Result<Labels> taken = labels_schema().parse_body(text);
  ASSERT_TRUE(taken.ok());
  std::string again;
  Writer echo(again);
  labels_schema().write(echo, *taken);
  EXPECT_EQ(again, text);
  const base::Result<Labels> wrong = labels_schema().parse_body(R"({"name":"a","labels":[]})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().fields.at(0).field, "/labels");
  EXPECT_STREQ(wrong.error().fields.at(0).reason, "wrong_type");
}

}  // namespace
}  // namespace ashlar::json
