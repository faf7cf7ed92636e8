#include <string>

#include "modules/notifications/renderer.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {
namespace {

base::Error malformed(std::string_view member) {
  return base::fail(base::Code::kInvalid, "content_malformed",
                    "The content's " + std::string(member) + " is not what it has to be.");
}

base::Status take_text(const json::Value& content, std::string_view member, std::string& into) {
  const json::Value* found = content.find(member);
  if (found == nullptr || found->is_null()) return base::ok_status();
  const std::string* text = found->if_string();
  if (text == nullptr) return malformed(member);
  into = *text;
  return base::ok_status();
}

}  // namespace

base::Result<Rendered> rendered_content(std::string_view content) {
  const base::Result<json::Value> parsed = json::parse(content);
  if (!parsed.ok() || parsed->if_object() == nullptr) return malformed("JSON");
  Rendered rendered;
  ASHLAR_TRY(take_text(*parsed, "subject", rendered.subject));
  ASHLAR_TRY(take_text(*parsed, "text", rendered.text));
  ASHLAR_TRY(take_text(*parsed, "html", rendered.html));
  ASHLAR_TRY(take_text(*parsed, "url", rendered.url));
  if (const json::Value* data = parsed->find("data"); data != nullptr && !data->is_null()) {
    if (data->if_object() == nullptr) return malformed("data");
    rendered.data = json::to_text(*data);
  }
  return rendered;
}

}  // namespace ashlar::notifications
