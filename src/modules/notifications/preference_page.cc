#include "modules/notifications/preference_page.h"

#include <algorithm>
#include <utility>

#include "base/html.h"
#include "platform/http/query.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxPieces = 2'000;

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}body{font:16px/1.5 "
    "system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1b1f24}"
    "main{background:#fff;border:1px solid #d5d9de;border-radius:12px;padding:2rem;"
    "max-width:40rem;margin:2rem auto}h1{font-size:1.4rem;margin:0 0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{padding:.5rem;text-align:left;"
    "border-bottom:1px solid #d5d9de;vertical-align:top}td.c,th.c{text-align:center}"
    "small{display:block;color:#4a5058;font-weight:normal}input{width:1.25rem;height:1.25rem}"
    "p.b{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.5rem 0 0}"
    "button{font:inherit;padding:.6rem 1.2rem;border-radius:8px;border:1px solid #1b1f24;"
    "background:#fff;color:inherit;cursor:pointer}"
    "button.yes{background:#1f5fbf;border-color:#1f5fbf;color:#fff}"
    "button:focus-visible,input:focus-visible{outline:3px solid #b06a00;outline-offset:2px}"
    "p.ok{background:#e3f3e6;border-radius:8px;padding:.6rem 1rem;color:#14532d}"
    "@media (prefers-color-scheme:dark){body{background:#14171b;color:#e8eaed}"
    "main{background:#1e2227;border-color:#3a4048}th,td{border-color:#3a4048}"
    "small{color:#b6bcc4}button{border-color:#e8eaed;background:transparent}}";

http::Response page(const PageTexts& texts, int status, std::string_view title,
                    const std::string& main) {
  http::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = "<!doctype html>\n<html lang=\"" + std::string(texts.language) +
                  "\"><head><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                  "<meta name=\"robots\" content=\"noindex\"><title>" +
                  base::html_escaped(title) + "</title><style>" + std::string(kStyle) +
                  "</style></head><body><main><h1>" + base::html_escaped(title) + "</h1>" + main +
                  "</main></body></html>\n";
  response.header("Cache-Control", "no-store");
  response.header("X-Content-Type-Options", "nosniff");
  response.header("Referrer-Policy", "no-referrer");
  response.header("Content-Security-Policy",
                  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                  "base-uri 'none'; frame-ancestors 'none'");
  return response;
}

bool wanted_by_default(const Category& category, Channel channel) {
  const auto settings = category_settings_of(std::string_view(category.settings));
  if (!settings.ok()) return true;
  return settings->channels[static_cast<std::size_t>(channel)] != Choice::kNo;
}

std::string box(const PageTexts& texts, std::string_view category, std::string_view title,
                Channel channel, bool ticked) {
  return "<td class=\"c\"><input type=\"checkbox\" name=\"on\" value=\"" +
         base::html_escaped(category) + ":" + std::string(name_of(channel)) + "\" aria-label=\"" +
         base::html_escaped(title) + ": " + std::string(texts.of(channel)) + "\"" +
         (ticked ? " checked" : "") + "></td>";
}

std::string row_of(const PageTexts& texts, const Category& category,
                   const ChannelChoices& choices) {
  std::string row = "<tr><th scope=\"row\">" + base::html_escaped(category.title);
  if (!category.description.empty()) {
    row += "<small>" + base::html_escaped(category.description) + "</small>";
  }
  if (category.critical) {
    return row + "</th><td class=\"c\" colspan=\"" + std::to_string(std::size(kPageChannels)) +
           "\">" + std::string(texts.always) + "</td></tr>";
  }
  row += "<input type=\"hidden\" name=\"of\" value=\"" + base::html_escaped(category.name) +
         "\"></th>";
  for (const Channel channel : kPageChannels) {
    const bool ticked =
        choices.of(category.name, channel, wanted_by_default(category, channel)).wanted;
    row += box(texts, category.name, category.title, channel, ticked);
  }
  return row + "</tr>";
}

std::string button(std::string_view decision, std::string_view text, bool main) {
  return "<button" + std::string(main ? " class=\"yes\"" : "") + " name=\"decision\" value=\"" +
         std::string(decision) + "\">" + std::string(text) + "</button>";
}

std::string form(std::string_view action, const std::string& inside) {
  return "<form method=\"post\" action=\"" + base::html_escaped(action) + "\">" + inside +
         "</form>";
}

bool is_critical(const std::vector<Category>& categories, std::string_view name) {
  const auto found = std::find_if(categories.begin(), categories.end(),
                                  [&](const Category& one) { return one.name == name; });
  return found != categories.end() && found->critical;
}

}  // namespace

http::Response wishes_page(const PageTexts& texts, const std::vector<Category>& categories,
                           const ChannelChoices& choices, std::string_view action, Said said) {
  std::string table = "<table><thead><tr><th scope=\"col\">" + std::string(texts.what) + "</th>";
  for (const Channel channel : kPageChannels) {
    table += "<th scope=\"col\" class=\"c\">" + std::string(texts.of(channel)) + "</th>";
  }
  table += "</tr></thead><tbody>";
  for (const Category& category : categories) table += row_of(texts, category, choices);
  if (categories.empty()) {
    Category everything;
    everything.title = texts.everything;
    table += row_of(texts, everything, choices);
  }
  table += "</tbody></table>";
  std::string status;
  if (said != Said::kNothing) {
    status = "<p class=\"ok\" role=\"status\">" +
             std::string(said == Said::kStopped ? texts.stopped_everything : texts.saved) + "</p>";
  }
  return page(texts, 200, texts.title,
              status + form(action, table + "<p class=\"b\">" + button("save", texts.save, true) +
                                        button("none", texts.stop_everything, false) + "</p>"));
}

http::Response address_page(const PageTexts& texts, std::string_view address,
                            std::string_view category, bool ended, std::string_view action) {
  const std::string who = "<strong>" + base::html_escaped(address) + "</strong>";
  if (ended) {
    return page(texts, 200, texts.unsubscribed,
                "<p role=\"status\">" +
                    filled_text(category.empty() ? texts.no_more : texts.no_more_of, who) + "</p>" +
                    form(action, "<p class=\"b\">" + button("again", texts.again, false) + "</p>"));
  }
  std::string buttons;
  if (!category.empty()) {
    buttons = button("stop", filled_text(texts.stop, base::html_escaped(category)), true);
  }
  buttons += button("stop_all", texts.stop_all, category.empty());
  return page(texts, 200, texts.title,
              "<p>" + filled_text(texts.goes_to, who) + "</p>" +
                  form(action, "<p class=\"b\">" + buttons + "</p>"));
}

http::Response notice_page(const PageTexts& texts, int status, std::string_view title,
                           std::string_view text) {
  return page(texts, status, title, "<p role=\"status\">" + base::html_escaped(text) + "</p>");
}

PageForm page_form(std::string_view body) {
  PageForm found;
  for (std::size_t pieces = 0; !body.empty() && pieces < kMaxPieces; ++pieces) {
    const std::size_t end = std::min(body.find('&'), body.size());
    // One at a time: a form's boxes have one name, which a query may not.
    const auto pair = http::parse_query(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
    if (!pair.ok() || pair->empty()) continue;
    const auto& [name, value] = pair->front();
    if (name == "decision") found.decision = value;
    if (name == "of") found.shown.push_back(value);
    if (name == "on") found.wanted.push_back(value);
  }
  return found;
}

ChannelChoices after_form(const ChannelChoices& choices, const std::vector<Category>& categories,
                          const PageForm& form) {
  if (form.decision == "none") {
    // Every word that was said before goes: the reader has had enough. What it was about stays on
    // the page, to be taken back.
    std::vector<ChannelChoices::Row> rows(1);
    for (const ChannelChoices::Row& said : choices.rows()) {
      if (!said.category.empty()) rows.push_back({.category = said.category});
    }
    for (ChannelChoices::Row& row : rows) row.all = Choice::kNo;
    return ChannelChoices(std::move(rows));
  }
  std::vector<ChannelChoices::Row> rows = choices.rows();
  for (const std::string& name : form.shown) {
    const bool known = name.empty()
                           ? categories.empty()
                           : std::any_of(categories.begin(), categories.end(),
                                         [&](const Category& c) { return c.name == name; });
    if (!known || is_critical(categories, name)) continue;
    ChannelChoices::Row row;
    row.category = name;
    for (const Channel channel : kPageChannels) {
      const std::string ticked = name + ":" + std::string(name_of(channel));
      const bool wanted =
          std::find(form.wanted.begin(), form.wanted.end(), ticked) != form.wanted.end();
      row.by_channel[static_cast<std::size_t>(channel)] = wanted ? Choice::kYes : Choice::kNo;
    }
    rows.push_back(std::move(row));
  }
  return ChannelChoices(std::move(rows));
}

bool is_one_click(std::string_view body) {
  const auto form = http::parse_query(body);
  if (form.ok()) {
    for (const auto& [name, value] : *form) {
      if (name == "List-Unsubscribe" && value == "One-Click") return true;
    }
  }
  const std::size_t name = body.find("name=\"List-Unsubscribe\"");
  return body.starts_with("--") && name != std::string_view::npos &&
         body.find("\r\n\r\nOne-Click\r\n", name) != std::string_view::npos;
}

}  // namespace ashlar::notifications
