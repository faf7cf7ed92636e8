#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "modules/notifications/template/message.h"

namespace ashlar::notifications {
namespace {

using Kind = MessageNode::Kind;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_letter(char c) { return base::ascii_lower(c) >= 'a' && base::ascii_lower(c) <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }

// Where a text stands while it is compiled: HTML, a URL, or nothing that matters.
struct Place {
  TextKind kind = TextKind::kPlain;
  HtmlContext html;
  UrlStart url;

  std::optional<HtmlError> feed(char c) {
    if (kind == TextKind::kHtml) return html.feed(c);
    return kind == TextKind::kUrl ? url.feed(c) : std::nullopt;
  }
  std::optional<HtmlError> value(Escape& escape) {
    if (kind == TextKind::kHtml) return html.value(escape);
    escape = kind == TextKind::kLine ? Escape::kLine : Escape::kPlain;
    if (kind != TextKind::kUrl) return std::nullopt;
    if (!url.takes_value()) {
      return HtmlError{"placeholder_not_allowed", "a value could change the scheme of the URL"};
    }
    escape = url.at == UrlStart::At::kStart ? Escape::kUrl : Escape::kUrlPart;
    url.at = UrlStart::At::kInside;
    return std::nullopt;
  }
  friend bool operator==(const Place&, const Place&) = default;
};

class Parser {
 public:
  Parser(std::string_view text, TextKind kind, const TemplateFields& fields,
         const LocaleFormats& formats, std::string pointer)
      : text_(text), fields_(fields), formats_(formats), pointer_(std::move(pointer)) {
    place_.kind = kind;
  }

  base::Result<Message> parse() {
    if (text_.size() > kMaxMessageBytes) {
      return fail("message_too_long", "a text has at most 256 KiB");
    }
    Message message;
    if (body(message, false)) {
      if (at_ < text_.size()) {
        refuse("message_syntax", "a } that closes nothing; '}' in apostrophes is one");
      } else if (place_.kind == TextKind::kHtml && !place_.html.complete()) {
        refuse("html_syntax", "the HTML ends " + place_.html.where());
      }
    }
    if (error_) return *std::move(error_);
    message.lacking_forms = std::move(lacking_);
    return message;
  }

 private:
  // Each returns false once there is an error.
  bool refuse(const char* reason, const std::string& detail) {
    if (!error_) error_ = fail(reason, detail);
    return false;
  }
  bool refuse(const HtmlError& error) { return refuse(error.reason, error.detail); }

  [[nodiscard]] base::Error fail(const char* reason, const std::string& detail) const {
    const std::string_view before = text_.substr(0, std::min(at_, text_.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;
    base::Error error = base::fail(base::Code::kInvalid, "template_invalid",
                                   "The template has a text that cannot be used.");
    error.fields.push_back(
        {pointer_, reason,
         detail + " (line " + std::to_string(line) + ", column " + std::to_string(column) + ")"});
    return error;
  }

  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void blanks() {
    while (is_blank(peek())) ++at_;
  }
  bool expect(char c, const char* what) {
    blanks();
    if (peek() != c || at_ >= text_.size()) return refuse("message_syntax", what);
    ++at_;
    return true;
  }
  std::string word() {
    blanks();
    const std::size_t begin = at_;
    while (is_word(peek())) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  bool literal(Message& into, char c) {
    if (auto error = place_.feed(c)) return refuse(*error);
    if (into.nodes.empty() || into.nodes.back().kind != Kind::kLiteral || fresh_) {
      into.nodes.emplace_back();
      fresh_ = false;
    }
    into.nodes.back().text += c;
    if (depth_ == 0 && place_.kind == TextKind::kHtml && place_.html.after_body_tag()) {
      into.after_body = into.nodes.size();
      fresh_ = true;
    }
    return true;
  }

  // To the end, or to the } that closes it.
  bool body(Message& into, bool in_plural) {
    while (at_ < text_.size()) {
      const char c = peek();
      if (place_.kind == TextKind::kHtml && place_.html.verbatim()) {
        if (!literal(into, c)) return false;
        ++at_;
      } else if (c == '\'') {
        if (!apostrophe(into, in_plural)) return false;
      } else if (c == '{') {
        if (!argument(into)) return false;
      } else if (c == '}') {
        return true;
      } else if (c == '#' && in_plural) {
        MessageNode& node = into.nodes.emplace_back();
        node.kind = Kind::kPound;
        if (auto error = place_.value(node.escape)) return refuse(*error);
        ++at_;
      } else {
        if (!literal(into, c)) return false;
        ++at_;
      }
    }
    return true;
  }

  bool apostrophe(Message& into, bool in_plural) {
    const char next = peek(1);
    if (next == '\'') {
      at_ += 2;
      return literal(into, '\'');
    }
    if (next != '{' && next != '}' && !(next == '#' && in_plural)) {
      ++at_;
      return literal(into, '\'');
    }
    for (++at_; at_ < text_.size(); ++at_) {
      if (peek() == '\'' && peek(1) == '\'') {
        ++at_;
      } else if (peek() == '\'') {
        ++at_;
        return true;
      }
      if (!literal(into, peek())) return false;
    }
    return true;
  }

  bool argument(Message& into) {
    if (++nodes_ > kMaxMessageNodes) return refuse("message_too_long", "too many placeholders");
    ++at_;
    MessageNode node;
    const TemplateField* field = nullptr;
    if (!reference(node, field)) return false;
    blanks();
    if (peek() == '}') {
      ++at_;
      return plain(into, std::move(node), *field);
    }
    if (!expect(',', "after the name comes } or a comma")) return false;
    const std::string type = word();
    bool ok = false;
    if (type == "number") {
      ok = number(node, *field);
    } else if (type == "date" || type == "time") {
      ok = date(node, *field, type == "date");
    } else if (type == "plural" || type == "selectordinal") {
      ok = plural(node, *field, type == "plural");
    } else if (type == "select") {
      ok = select(node, *field);
    } else if (type == "list") {
      ok = list(node, *field);
    } else {
      return refuse("message_syntax",
                    "the type is number, date, time, plural, selectordinal, select or list");
    }
    if (!ok || !expect('}', "a } is missing")) return false;
    into.nodes.push_back(std::move(node));
    return true;
  }

  // name(.name)*, or .name(.name)* of the item, or a dot alone: the item.
  bool reference(MessageNode& node, const TemplateField*& field) {
    blanks();
    const std::size_t begin = at_;
    while (is_letter(peek()) || is_digit(peek()) || peek() == '_' || peek() == '.') ++at_;
    std::string_view rest = text_.substr(begin, at_ - begin);
    node.name = std::string(rest);
    if (rest.empty())
      return refuse("message_syntax", "after { comes a field's name; '{' in apostrophes is one");
    field = &fields_.root();
    if (rest.front() == '.') {
      if (items_.empty()) return refuse("unknown_field", "{" + node.name + "} is of no list");
      field = items_.back();
      node.of_item = true;
      rest.remove_prefix(1);
      if (rest.empty()) return typed(node, *field);
    }
    while (true) {
      const std::size_t end = std::min(rest.find('.'), rest.size());
      const auto found = std::find_if(
          field->inner.begin(), field->inner.end(),
          [&](const TemplateField& inner) { return inner.name == rest.substr(0, end); });
      if (field->type != FieldType::kObject || found == field->inner.end()) {
        return refuse("unknown_field", "the data has no field " + node.name);
      }
      node.path.push_back(static_cast<std::uint16_t>(found - field->inner.begin()));
      field = &*found;
      if (end == rest.size()) return typed(node, *field);
      rest.remove_prefix(end + 1);
    }
  }
  static bool typed(MessageNode& node, const TemplateField& field) {
    node.type = field.type;
    return true;
  }

  bool wrong_type(const MessageNode& node, const TemplateField& field, const char* wanted) {
    return refuse("wrong_type", node.name + " is a " + std::string(name_of(field.type)) +
                                    ", and here it has to be " + wanted);
  }
  bool escaped(MessageNode& node) {
    if (auto error = place_.value(node.escape)) return refuse(*error);
    return true;
  }

  bool plain(Message& into, MessageNode node, const TemplateField& field) {
    switch (field.type) {
      case FieldType::kString:
      case FieldType::kBoolean:
        node.kind = Kind::kValue;
        break;
      case FieldType::kNumber:
      case FieldType::kInteger:
        node.kind = Kind::kNumber;
        break;
      case FieldType::kMoney:
        node.kind = Kind::kMoney;
        break;
      case FieldType::kDateTime:
        node.kind = Kind::kDate;
        break;
      case FieldType::kList:
      case FieldType::kObject:
        return wrong_type(node, field, "one value");
    }
    if (!escaped(node)) return false;
    into.nodes.push_back(std::move(node));
    return true;
  }

  // What follows the type: ", style" or nothing.
  bool style(std::string& into) {
    blanks();
    if (peek() != ',') return true;
    ++at_;
    into = word();
    return !into.empty() || refuse("message_syntax", "after the comma comes a style");
  }

  bool number(MessageNode& node, const TemplateField& field) {
    std::string name;
    if (!style(name)) return false;
    if (name == "currency" || (name.empty() && field.type == FieldType::kMoney)) {
      if (field.type != FieldType::kMoney) return wrong_type(node, field, "money");
      node.kind = Kind::kMoney;
      return escaped(node);
    }
    if (field.type != FieldType::kNumber && field.type != FieldType::kInteger) {
      return wrong_type(node, field, "a number");
    }
    node.kind = Kind::kNumber;
    if (name == "integer") node.number = NumberStyle::kInteger;
    if (name == "percent") node.number = NumberStyle::kPercent;
    if (!name.empty() && node.number == NumberStyle::kDecimal) {
      return refuse("message_syntax", "a number's style is integer, percent or currency");
    }
    return escaped(node);
  }

  bool date(MessageNode& node, const TemplateField& field, bool date) {
    constexpr std::array<std::string_view, 4> kStyles = {"short", "medium", "long", "full"};
    std::string name = "medium";
    if (!style(name)) return false;
    if (field.type != FieldType::kDateTime) return wrong_type(node, field, "a date_time");
    const auto* const found = std::find(kStyles.begin(), kStyles.end(), name);
    if (found == kStyles.end()) {
      return refuse("message_syntax", "the style of a date or time is short, medium, long or full");
    }
    node.kind = date ? Kind::kDate : Kind::kTime;
    node.date = static_cast<DateStyle>(found - kStyles.begin());
    return escaped(node);
  }

  bool integer(std::int64_t& into) {
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), into);
    if (error != std::errc()) return refuse("message_syntax", "a whole number is missing");
    at_ += static_cast<std::size_t>(end - begin);
    return true;
  }

  // { … } with its own text; `before` is where the HTML stands at its beginning.
  bool arm(Message& into, const Place& before, std::optional<Place>& after, bool in_plural) {
    if (!expect('{', "an arm's text stands in { }")) return false;
    if (++depth_ > kMaxMessageDepth) {
      return refuse("message_too_deep", "at most 8 levels inside each other");
    }
    place_ = before;
    fresh_ = false;
    if (!body(into, in_plural)) return false;
    if (at_ >= text_.size()) return refuse("message_syntax", "a } is missing");
    ++at_;
    --depth_;
    if (after && !(*after == place_)) {
      return refuse("arms_disagree",
                    "this arm ends " + place_.html.where() + ", another " + after->html.where());
    }
    after = place_;
    return true;
  }

  bool plural(MessageNode& node, const TemplateField& field, bool cardinal) {
    if (field.type != FieldType::kNumber && field.type != FieldType::kInteger) {
      return wrong_type(node, field, "a number");
    }
    node.kind = cardinal ? Kind::kPlural : Kind::kOrdinal;
    if (!expect(',', "after plural comes a comma")) return false;
    blanks();
    if (text_.substr(at_).starts_with("offset:")) {
      at_ += 7;
      blanks();
      if (!integer(node.offset)) return false;
      if (std::abs(node.offset) > 1'000'000)
        return refuse("message_syntax", "an offset that large");
    }
    const Place before = place_;
    std::optional<Place> after;
    unsigned forms = 0;
    for (blanks(); peek() != '}' && at_ < text_.size(); blanks()) {
      MessageNode::Arm& next = node.arms.emplace_back();
      if (!selector(next, forms, node)) return false;
      if (!arm(next.body, before, after, true)) return false;
    }
    if ((forms >> static_cast<int>(PluralForm::kOther) & 1) == 0) {
      return refuse("message_syntax", "the arm other is missing");
    }
    for (const PluralForm form : formats_.forms(!cardinal)) {
      if ((forms >> static_cast<int>(form) & 1) == 0 && lacking_.size() < 50) {
        lacking_.push_back(pointer_ + ": {" + node.name + "} has no arm " +
                           std::string(name_of(form)) + " for " + formats_.tag());
      }
    }
    return true;
  }

  bool selector(MessageNode::Arm& next, unsigned& forms, const MessageNode& node) {
    if (peek() == '=') {
      ++at_;
      next.exact.emplace();
      if (!integer(*next.exact)) return false;
      const auto same = std::count_if(node.arms.begin(), node.arms.end(),
                                      [&](const auto& arm) { return arm.exact == next.exact; });
      return same == 1 || refuse("message_syntax", "the same arm twice");
    }
    const std::string keyword = word();
    for (int i = 0; i <= static_cast<int>(PluralForm::kOther); ++i) {
      if (keyword != name_of(static_cast<PluralForm>(i))) continue;
      next.form = static_cast<PluralForm>(i);
      if ((forms >> i & 1) != 0) return refuse("message_syntax", "the same arm twice");
      forms |= 1U << i;
      return true;
    }
    return refuse("message_syntax",
                  "an arm of plural is =number, zero, one, two, few, many or other");
  }

  bool select(MessageNode& node, const TemplateField& field) {
    if (field.type != FieldType::kString && field.type != FieldType::kBoolean &&
        field.type != FieldType::kInteger) {
      return wrong_type(node, field, "a string, an integer or a boolean");
    }
    node.kind = Kind::kSelect;
    if (!expect(',', "after select comes a comma")) return false;
    const Place before = place_;
    std::optional<Place> after;
    bool other = false;
    for (blanks(); peek() != '}' && at_ < text_.size(); blanks()) {
      MessageNode::Arm& next = node.arms.emplace_back();
      next.key = word();
      if (next.key.empty()) return refuse("message_syntax", "an arm's name is missing");
      const auto same = std::count_if(node.arms.begin(), node.arms.end(),
                                      [&](const auto& arm) { return arm.key == next.key; });
      if (same != 1) return refuse("message_syntax", "the same arm twice");
      other = other || next.key == "other";
      if (!arm(next.body, before, after, false)) return false;
    }
    return other || refuse("message_syntax", "the arm other is missing");
  }

  bool list(MessageNode& node, const TemplateField& field) {
    if (field.type != FieldType::kList) return wrong_type(node, field, "a list");
    node.kind = Kind::kList;
    if (!expect(',', "after list comes a comma")) return false;
    // It may come any number of times, none included: it ends where it began.
    std::optional<Place> after = place_;
    const Place before = place_;
    items_.push_back(&field.inner[0]);
    const bool ok = arm(node.arms.emplace_back().body, before, after, false);
    items_.pop_back();
    if (!ok) return false;
    blanks();
    if (peek() == '}') return true;
    if (word() != "empty")
      return refuse("message_syntax", "after the item's text comes empty or }");
    return arm(node.arms.emplace_back().body, before, after, false);
  }

  std::string_view text_;
  const TemplateFields& fields_;
  const LocaleFormats& formats_;
  std::string pointer_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
  bool fresh_ = false;  // what follows is a node of its own
  Place place_;
  std::vector<const TemplateField*> items_;
  std::vector<std::string> lacking_;
  std::optional<base::Error> error_;
};

}  // namespace

base::Result<Message> compile_message(std::string_view text, TextKind kind,
                                      const TemplateFields& fields, const LocaleFormats& formats,
                                      const std::string& pointer) {
  return Parser(text, kind, fields, formats, pointer).parse();
}

}  // namespace ashlar::notifications
