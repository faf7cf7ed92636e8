#include "modules/payments/profile/list_pages.h"

#include <chrono>

#include "platform/json/writer.h"

namespace ashlar::payments::profile {
namespace {

// Seconds that microseconds can hold, whoever adds one.
constexpr std::int64_t kLastSecond = 253'402'300'799;  // 9999-12-31

std::optional<base::Time> second(std::optional<std::int64_t> seconds, std::int64_t more) {
  if (!seconds) return std::nullopt;
  return base::Time(base::Seconds(*seconds + more));
}

void take_created(Params& params, Window& window) {
  const FormNode* sent = params.object_or_text("created");
  if (sent == nullptr) return;
  if (sent->text) {
    const auto at = params.integer("created", 0, kLastSecond);
    window.from = second(at, 0);
    window.until = second(at, 1);
    return;
  }
  Params range(*sent);
  const auto gte = range.integer("gte", 0, kLastSecond);
  const auto gt = range.integer("gt", 0, kLastSecond);
  const auto lte = range.integer("lte", 0, kLastSecond);
  const auto lt = range.integer("lt", 0, kLastSecond);
  window.from = gte ? second(gte, 0) : second(gt, 1);
  window.until = lt ? second(lt, 0) : second(lte, 1);
  const base::Status read = range.finish();
  if (!read.ok()) {
    params.fail(read.error().reason, "created" + read.error().fields.front().field,
                read.error().detail);
  }
}

}  // namespace

Window window_in(Params& params, bool with_created) {
  Window window;
  window.limit = params.integer("limit", 1, kMostInPage).value_or(10);
  window.starting_after = params.text("starting_after").value_or("");
  window.ending_before = params.text("ending_before").value_or("");
  if (!window.starting_after.empty() && !window.ending_before.empty()) {
    params.fail("parameters_exclusive", "ending_before",
                "You cannot give both starting_after and ending_before.");
    window.ending_before.clear();
  }
  if (with_created) take_created(params, window);
  return window;
}

base::Result<std::string> list_text(std::string_view url, bool has_more,
                                    const std::function<base::Status(json::Writer&)>& write_rows) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("object").string("list").key("data").begin_array();
  ASHLAR_TRY(write_rows(out));
  out.end_array().key("has_more").boolean(has_more).key("url").string(url).end_object();
  return text;
}

}  // namespace ashlar::payments::profile
