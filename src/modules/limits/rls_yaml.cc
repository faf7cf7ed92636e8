#include "modules/limits/rls_yaml.h"

#include <yaml.h>

#include <string>
#include <unordered_map>
#include <utility>

namespace ashlar::limits {

namespace {

using Kind = YamlNode::Kind;

base::Error bad_yaml(std::size_t line, const std::string& what) {
  return base::fail(base::Code::kInvalid, "bad_yaml", "line " + std::to_string(line) + ": " + what);
}

class Parser {
 public:
  explicit Parser(std::string_view text) {
    CHECK(yaml_parser_initialize(&parser_) == 1);  // fails only without memory
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~Parser() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  base::Status next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_) == 1) return {};
    const std::size_t line =
        parser_.problem_mark.line != 0 ? parser_.problem_mark.line : parser_.context_mark.line;
    return bad_yaml(line + 1, parser_.problem != nullptr ? parser_.problem : "not YAML");
  }
  [[nodiscard]] const yaml_event_t& event() const { return event_; }
  [[nodiscard]] std::size_t line() const { return event_.start_mark.line + 1; }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

std::string text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

}  // namespace

// Without recursion: `open_` are the sequences and mappings whose end has not come yet.
class YamlBuilder {
 public:
  explicit YamlBuilder(std::string_view text) : parser_(text) {}

  base::Result<YamlDocument> build() {
    ASHLAR_TRY(parser_.next());  // of the stream
    ASHLAR_TRY(parser_.next());
    if (parser_.event().type != YAML_DOCUMENT_START_EVENT) return std::move(document_);
    const auto* version = parser_.event().data.document_start.version_directive;
    if (version != nullptr && version->minor != 1) {
      return bad_yaml(parser_.line(), "a version of YAML other than 1.1");
    }
    while (true) {
      ASHLAR_TRY(parser_.next());
      if (parser_.event().type == YAML_DOCUMENT_END_EVENT) return std::move(document_);
      ASHLAR_TRY(take());
    }
  }

 private:
  base::Status take() {
    const yaml_event_t& event = parser_.event();
    switch (event.type) {
      case YAML_SCALAR_EVENT: {
        const auto& scalar = event.data.scalar;
        ASHLAR_ASSIGN(YamlNode * node, add(Kind::kScalar, scalar.anchor, scalar.tag));
        node->plain = scalar.plain_implicit == 1;
        node->text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
        if (in_flow() && scalar.style == YAML_PLAIN_SCALAR_STYLE && node->text.contains('?')) {
          return bad_yaml(parser_.line(), "a ? within […] or {…} needs quotes");
        }
        return {};
      }
      case YAML_ALIAS_EVENT: {
        std::string name = text_of(event.data.alias.anchor);
        const auto target = anchors_.find(name);
        if (target == anchors_.end()) {
          return bad_yaml(parser_.line(), "unknown anchor '" + name + "'");
        }
        ASHLAR_ASSIGN(YamlNode * node, add(Kind::kAlias, nullptr, nullptr));
        node->text = std::move(name);
        node->target = target->second;
        return {};
      }
      case YAML_SEQUENCE_START_EVENT: {
        const auto& start = event.data.sequence_start;
        return open(Kind::kSequence, start.anchor, start.tag,
                    start.style == YAML_FLOW_SEQUENCE_STYLE);
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& start = event.data.mapping_start;
        return open(Kind::kMapping, start.anchor, start.tag,
                    start.style == YAML_FLOW_MAPPING_STYLE);
      }
      default:  // the end of a sequence or mapping
        open_.pop_back();
        return {};
    }
  }

  // Within brackets the older scanner, of which the library is a port, ends a text at a ?.
  [[nodiscard]] bool in_flow() const { return !open_.empty() && open_.back().flow; }

  base::Status open(Kind kind, const yaml_char_t* anchor, const yaml_char_t* tag, bool flow) {
    if (open_.size() >= YamlDocument::kMaxDepth) {
      return bad_yaml(parser_.line(),
                      "more than " + std::to_string(YamlDocument::kMaxDepth) + " levels deep");
    }
    ASHLAR_ASSIGN(YamlNode * node, add(kind, anchor, tag));
    open_.push_back({node, flow});
    return {};
  }

  base::Result<YamlNode*> add(Kind kind, const yaml_char_t* anchor, const yaml_char_t* tag) {
    if (document_.nodes_.size() >= YamlDocument::kMaxNodes) {
      return bad_yaml(parser_.line(), "more than " + std::to_string(YamlDocument::kMaxNodes) +
                                          " values in one file");
    }
    YamlNode& node = document_.nodes_.emplace_back();
    node.kind = kind;
    node.line = static_cast<int>(parser_.line());
    node.tag = text_of(tag);
    if (open_.empty()) {
      document_.root_ = &node;
    } else {
      open_.back().node->children.push_back(&node);
    }
    if (anchor != nullptr) anchors_[text_of(anchor)] = &node;
    return &node;
  }

  Parser parser_;
  YamlDocument document_;
  struct Open {
    YamlNode* node;
    bool flow;  // written with brackets
  };
  std::vector<Open> open_;
  std::unordered_map<std::string, const YamlNode*> anchors_;
};

base::Result<YamlDocument> YamlDocument::parse(std::string_view text) {
  if (text.size() > kMaxBytes)
    return bad_yaml(1, "more than " + std::to_string(kMaxBytes) + " bytes");
  return YamlBuilder(text).build();
}

}  // namespace ashlar::limits
