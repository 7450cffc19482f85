// From a row to the host and back.
#include "capi/builtins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "builtins/registry.hpp"
#include "capi/arguments.hpp"
#include "capi/guard.hpp"
#include "value/text.hpp"

namespace psdl::capi {
namespace {

// Null outside of an evaluation, and again when that ends.
[[gnu::tls_model("initial-exec")]] thread_local HostCalls* running_calls = nullptr;

Value call_host(CallContext& context, Args args) {
  const auto& builtin = static_cast<const HostBuiltin&>(*context.current);
  if (running_calls == nullptr) return context.fail("it can only be called by an evaluator of the host");
  return running_calls->call(builtin, context, args);
}

// Rego's names.
bool is_name(std::string_view text) {
  static constexpr std::string_view kWords[] = {"as",   "contains", "data", "default", "else", "every", "false",
                                                "if",   "import",   "in",   "input",   "not",  "null",  "package",
                                                "some", "true",     "with", "and",     "or"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !is_letter(text.front()) ||
      std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords))
    return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_dotted_name(std::string_view text) {
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_name(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

constexpr std::size_t kLongestSignature = 1024;
constexpr std::size_t kFewAnswers = 16;  // that are looked through one by one

}  // namespace

RunningCalls::RunningCalls(HostCalls* calls) : outer_(running_calls) { running_calls = calls; }
RunningCalls::~RunningCalls() { running_calls = outer_; }

std::shared_ptr<HostBuiltin> read_builtin(const psdl_builtin& given, const HostBuiltinList& known) {
  std::string_view name;
  std::string_view text;
  if (given.function == nullptr || !read_text(given.name, name) || !read_text(given.signature, text) ||
      text.size() > kLongestSignature)
    return nullptr;
  const bool is_taken = std::any_of(known.begin(), known.end(), [&](const auto& one) { return one->name == name; });
  if (!is_dotted_name(name) || is_taken || find_builtin(name) != nullptr) return nullptr;
  auto made = std::make_shared<HostBuiltin>();
  made->name_text = name;
  made->signature_text = text;
  if (!read_texts(given.capabilities, given.capability_count, made->capabilities) ||
      !read_signature(made->signature_text, made->signature))
    return nullptr;
  if (!made->signature.has_result || made->signature.is_variadic) return nullptr;
  made->name = made->name_text;
  made->fn = call_host;
  // Calls are never folded: a host expects them when it evaluates.
  made->is_deterministic = false;
  made->function = given.function;
  made->host = given.context;
  made->release = given.release;
  made->is_pure = given.is_pure;
  return made;
}

GrantedBuiltins::GrantedBuiltins(HostBuiltinList all, const std::vector<std::string>& capabilities)
    : all_(std::move(all)) {
  for (const auto& builtin : all_) {
    const auto lacks =
        std::find_if(builtin->capabilities.begin(), builtin->capabilities.end(), [&](const std::string& one) {
          return std::find(capabilities.begin(), capabilities.end(), one) == capabilities.end();
        });
    if (lacks == builtin->capabilities.end()) {
      granted_.push_back(builtin.get());
      continue;
    }
    auto refused = std::make_unique<Refused>();
    refused->reason = fmt::format("it needs the capability `{}`, which the host does not grant", *lacks);
    refused->row = {builtin->name, builtin->signature, refused->reason};
    refused_.push_back(std::move(refused));
  }
}

const Builtin* GrantedBuiltins::find(std::string_view name) const {
  const auto at =
      std::find_if(granted_.begin(), granted_.end(), [&](const HostBuiltin* one) { return one->name == name; });
  return at == granted_.end() ? nullptr : *at;
}

const MissingBuiltin* GrantedBuiltins::find_missing(std::string_view name) const {
  const auto at =
      std::find_if(refused_.begin(), refused_.end(), [&](const auto& one) { return one->row.name == name; });
  return at == refused_.end() ? nullptr : &(*at)->row;
}

// --- calls

HostCalls::HostCalls(const Allocator& memory) {
  call_ = reinterpret_cast<psdl_call*>(make_handle<CallObject>(memory));
  try {
    builder_ = reinterpret_cast<psdl_builder*>(make_handle<BuilderObject>(memory));
  } catch (...) {
    static_cast<void>(end_handle(HandleKind::Call, call_));
    throw;
  }
  const Entered<BuilderObject> builder(builder_);
  builder->is_of_call = true;
  Entered<CallObject>(call_)->builder = builder_;
}

HostCalls::~HostCalls() {
  // A thread of the host may be inside for a moment.
  while (end_handle(HandleKind::Call, call_) == PSDL_BUSY) std::this_thread::yield();
  while (end_handle(HandleKind::Builder, builder_) == PSDL_BUSY) std::this_thread::yield();
}

void HostCalls::start() {
  answers_.clear();
  by_hash_.clear();
  arena_.reset();
  has_failed_ = false;
}

Value HostCalls::call(const HostBuiltin& builtin, CallContext& context, Args args) {
  if (!builtin.is_pure) return remembered(builtin, context, args);
  Answer answer;
  ask(builtin, context, context.arena(), args, answer);
  return give(builtin, context, answer);
}

Value HostCalls::remembered(const HostBuiltin& builtin, CallContext& context, Args args) {
  std::uint64_t all = hash_text(builtin.name);
  for (std::size_t i = 0; i < args.size(); ++i) all = (all ^ hash(args[i])) * 0x9E37'79B9'7F4A'7C15U;
  if (const Answer* const known = find(builtin, all, args); known != nullptr) return give(builtin, context, *known);
  Answer answer;
  answer.builtin = &builtin;
  answer.hash = all;
  ArrayBuilder operands(arena_, static_cast<std::uint32_t>(args.size()));
  for (std::size_t i = 0; i < args.size(); ++i) operands.add(copy_into(arena_, args[i]));
  answer.operands = operands.finish();
  ask(builtin, context, arena_, args, answer);
  answers_.push_back(answer);
  if (answers_.size() > kFewAnswers) {
    for (std::size_t i = by_hash_.size(); i < answers_.size(); ++i) by_hash_.emplace(answers_[i].hash, i);
  }
  if (arena_.used_bytes() > context.limits().memory_bytes) return context.limit("memory_bytes");
  return give(builtin, context, answer);
}

const HostCalls::Answer* HostCalls::find(const HostBuiltin& builtin, std::uint64_t hash, Args args) const {
  const auto is_it = [&](const Answer& known) {
    if (known.builtin != &builtin || known.hash != hash) return false;
    const std::span<const Value> operands = known.operands.as_array();
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (!equal(operands[i], args[i])) return false;
    }
    return true;
  };
  if (answers_.size() <= kFewAnswers) {
    const auto at = std::find_if(answers_.begin(), answers_.end(), is_it);
    return at == answers_.end() ? nullptr : &*at;
  }
  const auto [first, last] = by_hash_.equal_range(hash);
  const auto at = std::find_if(first, last, [&](const auto& one) { return is_it(answers_[one.second]); });
  return at == last ? nullptr : &answers_[at->second];
}

// What the host answers, in `arena`. Its threads may have kept the call, operands and builder of this or an earlier call
// and be inside of them at any time: what stands behind them changes only while we are inside.
void HostCalls::ask(const HostBuiltin& builtin, CallContext& context, Arena& arena, Args args, Answer& answer) {
  psdl_value values[Signature::kMaxArity];
  {
    const Held<CallObject> call(call_);
    const Held<BuilderObject> builder(builder_);
    begin_epoch(call.slot());
    call->context = &context;
    call->arena = &arena;
    call->message.clear();
    builder->limits = context.limits();
    builder->place = {&arena, nullptr, &builder->limits, context.limits().string_bytes, false};
    builder->build.start(builder->place);
    for (std::size_t i = 0; i < args.size(); ++i) values[i] = show_value(call.slot(), args[i]);
  }
  psdl_status status = PSDL_INTERNAL;
  bool has_thrown = false;
  try {
    status = builtin.function(builtin.host, call_, values, args.size());
  } catch (...) {
    has_thrown = true;
  }
  const Held<CallObject> call(call_);
  const Held<BuilderObject> builder(builder_);
  begin_epoch(call.slot());
  call->context = nullptr;
  if (has_thrown) {
    call->message = "it threw an exception";
  } else if (status == PSDL_OK && builder->build.is_open()) {
    status = PSDL_INTERNAL;
    call->message = "its answer is not complete";
  }
  if (status == PSDL_OK) {
    answer.value = builder->build.root();
  } else {
    answer.has_failed = true;
    if (call->message.empty()) call->message = fmt::format("it gave {}", psdl_status_name(status));
    answer.failure = arena.copy(call->message);
  }
  builder->place = {};
  builder->build.start(builder->place);
}

Value HostCalls::give(const HostBuiltin& builtin, CallContext& context, const Answer& answer) {
  if (answer.has_failed) {
    has_failed_ = true;
    return context.halt(EvalCode::Builtin, fmt::format("{}: {}", builtin.name, answer.failure));
  }
  if (!context.is_in_time()) return {};
  const KindMask kind = kind_bit(answer.value.kind());
  if (answer.value.is_defined() && (builtin.signature.result & kind) == 0) {
    has_failed_ = true;
    return context.halt(EvalCode::Type,
                        fmt::format("{}: the answer must be {} but is {}", builtin.name,
                                    wanted_kinds(builtin.signature.result), kind_name(answer.value.kind())));
  }
  return answer.value;
}

}  // namespace psdl::capi

using namespace psdl;        // NOLINT: definitions of psdl.h
using namespace psdl::capi;  // NOLINT

namespace {

// The call, while it is on.
template <class F>
psdl_status during(const psdl_call* call, F&& body) noexcept {
  return inside<CallObject>(call, [&](CallObject& object) -> psdl_status {
    return object.context == nullptr ? PSDL_BAD_HANDLE : body(object);
  });
}

}  // namespace

extern "C" {

psdl_status psdl_call_builder(psdl_call* call, psdl_builder** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return during(call, [&](const CallObject& object) -> psdl_status {
    *out = object.builder;
    return PSDL_OK;
  });
}

psdl_status psdl_call_fail(psdl_call* call, const char* message, size_t message_len) noexcept {
  return during(call, [&](CallObject& object) -> psdl_status {
    std::string_view text;
    if (!read_text(message, message_len, text)) return PSDL_BAD_ARGUMENT;
    object.message = text;
    return PSDL_OK;
  });
}

psdl_status psdl_call_is_over(const psdl_call* call, bool* out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = false;
  return during(call, [&](const CallObject& object) -> psdl_status {
    *out = !object.context->budget().look_again();
    return PSDL_OK;
  });
}

}  // extern "C"
