// Policies with documents known early. In: a policy, texts and their places below `data` and `input`; out: a policy whose plan has them as constants.
#include <fmt/format.h>

#include <algorithm>

#include "codec/reader.hpp"
#include "engine/policy.hpp"
#include "value/builders.hpp"
#include "value/member.hpp"

namespace psdl {
namespace {

using plan::Known;

std::vector<std::string> place_of(const KnownDocument& document) { return {document.path.begin() + 1, document.path.end()}; }

bool is_below(const std::vector<std::string>& path, const std::vector<std::string>& above) {
  return path.size() > above.size() && std::equal(above.begin(), above.end(), path.begin());
}

const Value* find_below(const Value& root, const std::vector<std::string>& path) {
  const Value* at = &root;
  for (const std::string& name : path) {
    at = at->is_object() ? at->as_object().find_text(name) : nullptr;
    if (at == nullptr) return nullptr;
  }
  return at;
}

class Binding {
 public:
  Binding(const std::shared_ptr<const Policy::Impl>& policy, DiagnosticList& problems) : policy_(policy), problems_(problems), known_(policy->known) {}

  std::shared_ptr<Policy::Impl> run(std::span<const KnownDocument> documents) {
    std::vector<DataText> texts;
    for (const KnownDocument& document : documents) {
      if (!document.path.empty() && document.path.front() == "input") {
        add_input(document);
      } else if (!document.path.empty() && document.path.front() == "data") {
        texts.push_back({std::string(document.name), std::string(document.text), document.format, place_of(document)});
      } else {
        problems_.add_error("bad_binding", "what is bound belongs to `data` or `input`, or below one of them", document.name);
      }
    }
    std::shared_ptr<const Snapshot> data;
    if (!texts.empty()) {
      for (const DataText& text : texts) add({Known::Root::Data, text.root, {}, {}});
      texts.insert(texts.begin(), policy_->data->begin(), policy_->data->end());
      data = load(texts);
    }
    if (problems_.has_errors()) return nullptr;
    std::shared_ptr<Policy::Impl> made = bind_known(policy_, std::move(known_));
    if (data != nullptr) {
      made->data = std::make_shared<const std::vector<DataText>>(std::move(texts));
      made->known_data = std::move(data);
    }
    return made;
  }

 private:
  // Parts of manifests, read as manifests are.
  void add_input(const KnownDocument& document) {
    std::vector<std::string> path = place_of(document);
    const bool overlaps = std::any_of(known_.begin(), known_.end(), [&](const Known& other) {
      return other.root == Known::Root::Input && (is_below(path, other.path) || is_below(other.path, path));
    });
    if (overlaps) {
      problems_.add_error("bad_binding", fmt::format("`{}` lies above or below another part of the input that is bound", fmt::join(document.path, ".")), document.name,
                          "bind both as one document");
      return;
    }
    const auto arena = std::make_shared<Arena>();
    Reader reader;
    ReadOptions options;
    options.limits = &policy_->limits;
    options.key_table = policy_->keys();
    options.first_origin = Value::kFirstDataOrigin;  // no finding stands there
    options.place.stream = document.name;
    const bool is_json = document.format == DocumentFormat::Json || (document.format == DocumentFormat::Auto && document.name.ends_with(".json"));
    const Result<Document, ReadError> read = reader.read(*arena, document.text, is_json ? Format::Json : Format::Yaml, options);
    if (!read) {
      problems_.impl().add(read.error());
      return;
    }
    freeze(*arena, read->root());
    add({Known::Root::Input, std::move(path), read->root(), arena});
  }

  // All data, old and new; what is known of it is found in it.
  std::shared_ptr<const Snapshot> load(const std::vector<DataText>& texts) {
    const std::shared_ptr<const Snapshot> data = load_data(texts, policy_->limits, policy_->keys(), problems_);
    if (data == nullptr) return nullptr;
    if (policy_->refuse_shadowing) refuse_shadowing(*policy_, data->root, problems_);
    for (Known& one : known_) {
      if (one.root != Known::Root::Data) continue;
      one.value = *find_below(data->root, one.path);  // a text was put there
      one.arena = {data, &data->arena};
    }
    return data;
  }

  // The latest at one place counts.
  void add(Known one) {
    std::erase_if(known_, [&](const Known& other) { return other.root == one.root && other.path == one.path; });
    known_.push_back(std::move(one));
  }

  const std::shared_ptr<const Policy::Impl>& policy_;
  DiagnosticList& problems_;
  std::vector<Known> known_;
};

}  // namespace

std::shared_ptr<Policy::Impl> bind_known(const std::shared_ptr<const Policy::Impl>& policy, std::vector<Known> known) {
  auto made = std::make_shared<Policy::Impl>();
  made->limits = policy->limits;
  made->optimise = policy->optimise;
  made->sources = policy->sources;
  made->host = policy->host;
  made->checked = policy->checked;
  made->data = policy->data;
  made->refuse_shadowing = policy->refuse_shadowing;
  made->entry_points = policy->entry_points;
  made->reads_request = policy->reads_request;
  made->reads_list_items = policy->reads_list_items;
  made->plan = policy->plan;
  made->base = policy;
  made->known = std::move(known);
  return made;
}

Policy Policy::bind(std::span<const KnownDocument> documents, DiagnosticList& problems) const {
  if (impl_->loaded != nullptr) {
    problems.add_error("image_bind", "nothing can be bound to a program image: it holds bytecode and no plan", {}, "give the documents as data, or the rules in place of the image");
    return {};
  }
  return Policy(Binding(impl_, problems).run(documents));
}

bool Policy::Impl::knows_input() const {
  return std::any_of(known.begin(), known.end(), [](const Known& one) { return one.root == Known::Root::Input; });
}

bool Policy::Impl::reads_known_input() const {
  static_cast<void>(program());
  return optimise ? reads_known_input_ : knows_input();
}

Value Policy::Impl::whole_input(Arena& arena, const Value& input) const {
  Value whole = input;
  for (const Known& one : known) {
    if (one.root != Known::Root::Input) continue;
    std::vector<Value> path;
    for (const std::string& name : one.path) path.push_back(Value::string(name));
    whole = upsert(arena, keys().get(), whole, path, one.value);
  }
  return whole;
}

}  // namespace psdl
