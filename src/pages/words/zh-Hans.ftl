# 页面文字，简体中文。

frame-help = 此处用于登录 { $application }。如需帮助，请联系网站的管理人员。
frame-sign-in = 此处用于登录 { $application }。
frame-support = 获取帮助

action-sign-in = 登录
action-sign-in-again = 重新登录
action-sign-in-once-more = 再登录一次
action-sign-out = 退出登录
action-try-again = 重试
action-check-again = 通过 { $provider } 再次检查
action-continue = 继续
action-another-account = 使用其他帐户
action-another-organization = 登录其他组织
action-enter-email = 输入您的电子邮箱
action-start-afresh = 退出登录并重新开始
action-start-page = 前往首页
action-go-to = 前往 { $application }
action-ask-for-access = 申请访问权限
action-open-provider = 打开 { $provider }
action-more = 显示更多

moment = { $year }年{ $month ->
    [1] 1月
    [2] 2月
    [3] 3月
    [4] 4月
    [5] 5月
    [6] 6月
    [7] 7月
    [8] 8月
    [9] 9月
    [10] 10月
    [11] 11月
   *[12] 12月
}{ $day }日 { $time } UTC
wait-seconds = { $count ->
   *[other] 请在 { $count } 秒后重试。
}
wait-minutes = { $count ->
   *[other] 请在 { $count } 分钟后重试。
}
wait-hours = { $count ->
   *[other] 请在 { $count } 小时后重试。
}
list-pair = { $first }和{ $last }
list-middle = { $before }、{ $next }
list-end = { $before }和{ $last }

login-expired-heading = 此登录页面已过期
login-expired-sentence = 登录页面只能使用一次，且有效时间很短。没有任何内容丢失。

login-cancelled-heading = 登录已取消
login-cancelled-sentence = 您未登录便从 { $provider } 返回。一切保持不变。

provider-unreachable-heading = 目前无法连接 { $provider }
provider-unreachable-sentence = 由于没有收到回应，我们暂时无法让您登录。已登录的用户不受影响。

identity-unverified-heading = { $provider } 尚未确认您的帐户
identity-unverified-sentence-soon = 对方已很久没有回应，但这并不说明您的帐户有问题。我们每隔几分钟会再次询问，一有回应您即可继续。如果对方已恢复，重新登录即可。
identity-unverified-sentence-next = 对方已很久没有回应，但这并不说明您的帐户有问题。我们将在 { $moment } 再次询问，一有回应您即可继续。如果对方已恢复，重新登录即可。

identity-invalid-heading = { $provider } 表示此帐户已停用
identity-invalid-sentence = 我们再次询问您是否仍可访问，得到的答复是否定的。因此您的会话已被结束。
identity-invalid-heading-access = 您通过 { $provider } 的访问权限已结束
identity-invalid-sentence-at = 我们于 { $moment } 再次询问您是否仍可访问，得到的答复是否定的。因此您的会话已被结束。
no-longer-withdrawn = 对方不再接受您登录所依据的授权。访问权限被撤销、密码更改或帐户被关闭时会出现这种情况。
no-longer-inactive = 对方表示该帐户已被暂停或未启用。
no-longer-no-token = 对方没有提供可用于询问您情况的凭据。
no-longer-somebody-else = 答复涉及的是另一个帐户，而不是您的帐户。
no-longer-other-tenant = 该帐户不再属于可以在此访问的 { $provider } 客户。
no-longer-email = 对方不再确认您的电子邮件地址。
no-longer-rules = 该帐户的信息不再符合此处的访问规则。
no-longer-member = 您在此处的成员资格已被移除。
identity-invalid-check = 如果您认为情况已经改变，请在那里重新登录：若 { $provider } 允许您进入，您可以从原处继续。

provider-refused-heading = { $provider } 未允许您登录
provider-refused-sentence = 谁可以使用 { $application } 由该服务决定，它没有放行此帐户。
provider-refused-not-assigned = 该服务未将 { $application } 分配给此帐户。那里的帐户管理员可以更改。
provider-refused-suspended = 此帐户在该服务已被停用。那里的帐户管理员可以更改。
provider-refused-ungranted = 该服务未提供 { $application } 所需的信息。请重新登录，并允许所请求的全部内容。

provider-misconfigured-heading = 通过 { $provider } 登录的设置不正确
provider-misconfigured-sentence = 只有管理员可以修正此问题。请将下方的参考编号告知管理员。
provider-misconfigured-clock = 按我们的时钟，提供方刚刚签发的内容位于未来或很久以前。两个时钟中有一个不准：请先检查本机时间。doorward provider test 会显示相差多少。

account-not-allowed-heading = { $email } 无法使用 { $application }
account-not-allowed-heading-this = 此帐户无法使用 { $application }
account-not-allowed-sentence = 登录成功，但 { $organization } 未授予此帐户访问权限。
account-not-allowed-sentence-this = 登录成功，但该组织未授予此帐户访问权限。

organization-unknown-heading = 找不到该组织
organization-unknown-sentence = 地址可能有误或已过时。凭您的电子邮箱即可找到正确的登录页面。

organization-suspended-heading = { $organization } 的登录已暂停
organization-suspended-heading-this = 该组织的登录已暂停
organization-suspended-sentence = 目前任何人都无法登录该组织。您的帐户没有变动。

email-unverified-heading = 您的电子邮箱尚未在 { $provider } 验证
email-unverified-sentence = { $application } 只接受已验证的邮箱。请打开您在 { $provider } 的帐户，验证 { $email }，然后重新登录。
email-unverified-sentence-yours = { $application } 只接受已验证的邮箱。请打开您在 { $provider } 的帐户，验证您的邮箱，然后重新登录。
email-missing-heading = 您在 { $provider } 的帐户没有主要电子邮箱
email-missing-sentence = { $application } 需要一个。请打开您在 { $provider } 的帐户，将已验证的邮箱设为主要邮箱，然后重新登录。

session-ended-heading = 您已退出登录
session-ended-idle = 您已有一段时间没有使用 { $application }。
session-ended-lifetime = 登录只在有限时间内有效，您的登录已到期。
session-ended-withdrawn = 您的会话已由其他浏览器或管理员结束。
session-ended-at-provider = 您在登录服务上的会话已结束。
session-ended-unknown = { $application } 已不再识别此浏览器。

sign-in-required-heading = 请登录以继续
sign-in-required-sentence = { $application } 的这一部分仅供已登录的用户使用。

redirect-loop-heading = 登录反复重新开始
redirect-loop-sentence = 您在短时间内多次登录，但之后 { $application } 没有识别出您。我们在此停下，以免浏览器不断循环。
redirect-loop-cookie-lost = 会话 Cookie 没有返回，而我们的其他 Cookie 已返回。浏览器与 Doorward 之间的某个环节删除了它，或浏览器拒绝了它。
redirect-loop-session-over = 会话 Cookie 已返回，但其会话早已结束。请在审计记录中查看结束的原因。
redirect-loop-signed-in = 会话 Cookie 已返回，且其会话有效。是其他原因将浏览器再次送回登录：请检查应用程序的重定向以及前端的代理。
redirect-loop-out-of-sight = 该会话属于组织自己的主机，因此无法从此处判断其 Cookie 是否在那里返回。请在浏览器中查看发往该主机的请求。

cookies-blocked-heading = 您的浏览器没有保留我们的 Cookie
cookies-blocked-sentence = 登录需要一个 Cookie 来确认仍是您本人。请在浏览器设置中允许 { $application } 使用 Cookie，然后重试。
cookies-blocked-owner = Cookie 在访问者开始的地方发出，必须在公开地址返回。如果访问者通过 http 开始，或使用与公开地址不同的名称开始，则无法返回。
cookies-blocked-scheme = 据前端代理或浏览器所示，此次登录是通过 http 开始的。浏览器只在 https 下保留该 Cookie。请将所有 http 重定向到 https，并让代理在 X-Forwarded-Proto 中说明浏览器所用的方式。
cookies-blocked-host = 此次登录开始的页面在浏览器中的地址与我们的不同，但请求却以我们的地址到达。Cookie 只属于一个地址。请将另一个名称重定向到公开地址，或让代理传递浏览器所请求的名称。

app-unreachable-heading = { $application } 没有响应
app-unreachable-sentence = 您的浏览器和登录均正常。其后的应用程序目前没有回应。

app-slow-heading = { $application } 响应过慢
app-slow-sentence = 您的浏览器和登录均正常。其后的应用程序未能及时回应。

too-busy-heading = { $application } 非常繁忙
too-busy-sentence = 目前的请求超出其处理能力，因此您的请求没有被转交。

too-many-attempts-heading = 请稍候
too-many-attempts-sentence = 短时间内尝试次数过多。

bad-request-heading = 无法读取该请求
bad-request-sentence = 我们收到的地址或表单无法使用。没有任何更改。

misdirected-request-heading = 此地址没有内容
misdirected-request-sentence = 浏览器地址栏中的名称可能有误或已过时。

not-found-heading = 找不到页面
not-found-sentence = 如果地址是您输入的，请检查是否正确。如果您是通过链接来到此处，页面可能已移动。

not-allowed-here-heading = 您无权访问此页面
not-allowed-here-sentence = { $email } 已登录，但 { $application } 的这一部分供其他用户使用。
not-allowed-here-sentence-this = 此帐户已登录，但 { $application } 的这一部分供其他用户使用。

method-not-allowed-heading = 此处无法执行该操作
method-not-allowed-sentence = 页面存在，但不支持浏览器尝试的操作。没有任何更改。

broken-heading = 我们这边出现了问题
broken-sentence = 我们未能完成您的请求。情况已记录在下方的参考编号下。

advice-check-saved = 如果您正在保存内容，请先确认是否已送达，再重新发送。
advice-send-again = 如果您刚刚提交了表单，它没有送达。请返回并重新提交。
advice-copy-first = 如果您刚刚提交了表单，它没有送达。请返回复制您填写的内容，然后登录。
advice-ask-access = 如果您有其他帐户，请使用该帐户。否则请向管理员申请访问权限。

stage-browser = 您的浏览器
stage-sign-in = 登录
stage-works = 正常
stage-silent = 没有回应

problem-owner = 致管理员：
problem-registered = 在提供方登记的必须与此重定向 URI 完全一致：
problem-reference = 参考编号
problem-details = 详细信息
problem-reference-hint = 寻求帮助时，请提供此参考编号。

door-title = 登录 { $organization }
door-lead-one = 要访问 { $application }，请登录。
door-lead-several = 要访问 { $application }，请选择登录方式。
door-lead-one-as = 要以 { $email } 的身份访问 { $application }，请登录。
door-lead-several-as = 要以 { $email } 的身份访问 { $application }，请选择登录方式。
door-button = 使用 { $provider } 登录
door-used-last = 此浏览器上次使用
door-none = 目前还没有登录该组织的方式。其管理员可以添加。
door-another-organization = 使用其他组织

notice-idle = 由于您有一段时间没有访问，已为您退出登录。
notice-lifetime = 由于登录只在有限时间内有效，已为您退出登录。
notice-withdrawn = 您已由其他浏览器或管理员退出登录。
notice-at-provider = 您已由登录服务退出登录。
notice-unknown = 您已退出登录。
notice-another-account = 请选择您要使用的帐户。

email-title = 登录 { $application }
email-continue = 继续前往 { $organization }
email-or = 或
email-label = 您的工作邮箱
email-hint = 它会带您前往所属组织的登录页面。我们不会询问密码。
email-list = 或选择您的组织
email-missing = 请输入您的电子邮箱。
email-malformed = 请输入形如 name@example.com 的电子邮箱。
email-unknown-domain = 我们不知道使用此邮箱的组织。请检查拼写，或使用您所属组织的登录链接。

choose-title = 请选择您的组织
choose-lead = 有多个组织使用邮箱 { $email }。
choose-another-email = 使用其他电子邮箱

dev-title = 开发用登录
dev-note = 此表单代替身份提供方。它相信您输入的一切，并且只在这台计算机上有效。
dev-email = 电子邮箱
dev-name = 姓名
dev-name-hint = （可选）
dev-groups = 群组
dev-groups-hint = （可选，以逗号分隔）
dev-cancel = 取消

logout-title = 要退出 { $application } 吗？
logout-lead = 这将结束您在此浏览器中的会话。如有未保存的内容，请先保存。
logout-stay = 保持登录

logged-out-title = 您已退出 { $application }
logged-out-there-too = 您在此处的会话已结束，在 { $provider } 的会话也已结束。
logged-out-here = 您在此处的会话已结束。
logged-out-close = 您在此处的会话已结束。如果使用的是共用计算机，请同时关闭所有浏览器窗口。
logged-out-still = 您仍登录着 { $providers }。
logged-out-still-advice = 如果使用的是共用计算机，请在那里也退出登录，否则下一位使用者可能以您的身份再次进入。

signed-in-title = 您已登录
signed-in-close = 您可以关闭此窗口，回到之前的窗口继续操作。

redirecting-title = 请稍候
redirecting-lead = 正在为您跳转。如果没有反应，请使用按钮。

account-title = 您已登录
account-name = 姓名
account-email = 电子邮箱
account-organization = 组织
account-provider = 登录方式
account-since = 开始时间
account-until = 最晚有效至
account-open = 打开 { $application }
account-identity = 您在 { $provider } 的帐户
account-state = 状态
account-confirmed = 已确认
account-unanswered-timeout = 上次询问时未确认：耗时过长
account-unanswered-unreachable = 上次询问时未确认：无法连接
account-unanswered-asked-to-wait = 上次询问时未确认：对方要求我们等待
account-unanswered-trouble = 上次询问时未确认：对方出现故障
account-unanswered-unreadable = 上次询问时未确认：无法读取其回应
account-unanswered-silent = 上次询问时未确认：没有回应
account-unasked = 登录时已确认
account-last-confirmed = 上次确认
account-next-check = 下次检查
account-access-ends = 访问截止
account-access-ends-at = { $moment }，除非在此之前收到回应
account-sessions = 您的登录位置
account-this-browser = 此浏览器
device-both = { $system } 上的 { $browser }
device-system = { $system } 上的浏览器
device-unknown = 未知浏览器
account-session = 自 { $since } 起，上次使用 { $used }
account-end = 结束
account-end-label = 结束自 { $since } 起的会话
account-end-others = 结束所有其他会话
account-others = 您的其他组织
account-switch = 切换
account-switch-label = 切换到 { $organization }
account-told = { $application } 获知的您的信息
account-headers = 请求标头
account-claims = 签名断言中的声明
account-fact-name = 名称
account-fact-value = 值
facts-shortened = 过长的值和列表在此处有所缩略。

## Step-up, forms that are kept, Setup and further identities

step-up-required-heading = 请确认是您本人
step-up-required-sentence = { $application } 的这一部分需要比您当前更近期或更安全的登录。
form-kept-heading = 请再次登录以发送
form-kept-sentence = 您的登录已结束，或对 { $application } 的这一部分来说不够新。您填写的内容尚未发送，将在此保留十分钟。
sign-in-too-weak-heading = { $provider } 为您进行的登录不够安全
sign-in-too-weak-sentence = { $application } 的这一部分需要更近期或更安全的登录。您仍像之前一样处于登录状态，没有任何更改。
sign-in-too-weak-owner = 已将路由的 max_auth_age 或 acr_values 发送给提供方，但其返回的登录更早或属于其他类型。日志中有具体说明。提供方必须认识这些值，并在被要求时强制进行这样的登录。
other-account-heading = 那是另一个帐户
other-account-sentence = 本应确认是您本人，但登录的是 { $email }，这不是您正在使用的帐户。没有任何更改。
other-account-sentence-this = 本应确认是您本人，但登录的是另一个帐户，而不是您正在使用的帐户。没有任何更改。
organization-not-open-heading = { $organization } 尚未开放
organization-not-open-heading-this = 此组织尚未开放
organization-not-open-sentence = 组织的负责人必须先完成设置，大家才能以这种方式登录。
identity-not-linked-heading = 无法添加此帐户
identity-not-linked-taken = { $provider } 的这个帐户在此属于其他人，或属于您的另一个帐户。只有管理员可以移动它。没有任何更改。
identity-not-linked-another-there = 您在此已有 { $provider } 的另一个帐户。请先移除那一个。没有任何更改。
identity-not-linked-too-many = 您在此的帐户数量已达上限。请先移除一个。没有任何更改。
identity-not-linked-not-admitted = 您的组织不允许使用 { $provider } 的这个帐户进入。没有任何更改。
identity-not-linked-not-the-person = 发起此操作的人在此浏览器中已不再登录。没有任何更改。
identity-not-linked-not-an-owner = 只有负责人可以完成设置。没有任何更改。
owners-only-heading = 此页面供负责人使用
owners-only-sentence = 只有 { $organization } 的负责人可以打开。负责人在配置中指定。
owners-only-sentence-this = 只有此组织的负责人可以打开。负责人在配置中指定。
advice-copy-then-confirm = 如果您刚刚发送了表单，它没有送达。请返回复制您填写的内容，然后确认。
advice-same-account = 请使用同一帐户登录。之后只需点击一次即可发送。
advice-use-all = 请重试，并使用那里要求的所有内容。如果仍无法解决，请告知您的管理员。
action-confirm = 确认
action-go-back = 返回
action-your-account = 前往您的帐户
kept-title = 要发送您填写的内容吗？
kept-lead = 您已再次登录。您填写的内容尚未发送。
kept-send = 继续：发送填写的内容
kept-leave = 不发送，前往首页
not-kept-title = 您填写的内容没有保留
not-kept-too-late = 内容保留十分钟，而您的登录用时更长。内容没有发送：您需要重新填写。
not-kept-somebody-elses = 这些内容是用另一个帐户填写的，而不是您现在登录的帐户。内容没有发送，并且我们已将其删除。
rehearse-title = 试用 { $provider }
rehearse-lead = 这是一次演练。您将像平常登录一样经过 { $provider }，然后看到会有什么结果。您不会因此登录。给您此链接的人也能看到结果。
rehearse-begin = 开始
rehearsed-title = { $provider } 的结果
rehearsed-in = { $organization } 会让您进入。
rehearsed-out = { $organization } 不会让您进入。
rehearsed-nobody = 没有人登录。您可以关闭此页面。
rehearsed-identity = 身份
rehearsed-verified = （已验证）
rehearsed-unverified = （未验证）
rehearsed-claims = { $provider } 提供的信息
rehearsed-open = { $organization } 已开放登录。
rehearsed-shut = { $organization } 未开放登录。
rehearsed-too-large = 要告知应用程序的有关您的某项信息过大。您的请求将无法送达该应用程序。
rehearsal-failed-title = { $provider } 未能正常工作
rehearsal-failed-lead = 演练在 { $provider } 确认任何人之前就结束了。给您此链接的人也能看到原因。
confirmed-again = 已确认是您本人，现在可以继续。
account-further = 其他登录方式
account-further-next = 上次确认 { $confirmed }，下次检查 { $next }。
account-further-confirmed = 上次确认 { $confirmed }。
account-check = 检查
account-check-named = 立即检查 { $provider }
check-confirmed = 刚刚已询问提供方，帐户已得到确认。
check-unanswered = 刚刚已询问提供方，但其答复无法说明帐户的情况。系统会自动再次询问，不会因此对任何人造成不利。
check-waiting = 提供方尚未答复。询问仍在进行：请在一分钟后重新加载此页面查看结果。在此之前不会有任何变化。
account-remove = 移除
account-remove-named = 移除 { $provider }
account-add = 添加 { $provider }
offer-title = 添加此帐户？
offer-lead = 目前尚未更改任何内容。仅当两边都是您本人时才添加。
offer-here = 您在此通过 { $provider } 登录
offer-there = { $provider } 提供的您的信息
offer-changes = 会有什么变化
offer-either = 您可以用任一帐户登录 { $organization }。在这里您仍是同一个人。
offer-whole = 能使用新帐户的人在这里可以做您能做的一切。
offer-ends = 如果 { $provider } 不再确认新帐户，任何人都无法再用它进入。您可以随时在帐户页面将其移除。
offer-add = 添加
offer-not-me = 这不是我
offer-late = 未添加任何内容：答复太晚，或设置已更改。您可以重新开始。
state-valid = 已确认
state-unchecked = 登录时已确认
state-suspect = 没有回应
state-invalid = 不再有效
state-orphaned = 未连接
state-blocked = 已阻止
state-removed = 已移除
state-none = 无身份
why-withdrawn = 提供方已撤回授权。
why-inactive = 提供方表示该帐户未启用。
why-no-token = 提供方没有给出可用于再次询问的凭据。
why-somebody-else = 提供方的回应涉及其他人。
why-membership-removed = 成员资格已被移除。
why-sign-in-again = 需要重新登录。
why-connection = 连接已关闭或已更改。
why-other-tenant = 该帐户不再属于提供方的这个客户。
why-email = 提供方不再确认该邮箱。
why-rules = 规则不再允许此帐户。

## Pages of owners

owner-nav = 管理
owner-tab-home = 概览
owner-tab-people = 用户
owner-tab-sessions = 会话
owner-tab-audit = 审计记录
owner-your-account = 您的帐户
owner-home-title = 管理 { $organization }
owner-done-title = 设置已完成
owner-failed-title = 设置未完成
owner-disable-title = 要停用通过 { $provider } 登录吗？
owner-people-title = { $organization } 的用户
owner-sessions-title = { $organization } 的会话
owner-audit-title = { $organization } 的审计记录
owner-was-disabled = 已停用通过该提供方登录。
owner-was-opened = 设置已完成。
owner-paused = 网站的管理人员已暂停该组织的登录。
owner-door = 登录页面
owner-state-by-file = 已开放（按配置）
owner-state-open = 已开放
owner-state-choosing = 设置未完成：请在下方选择
owner-state-closed = 设置完成前不开放
owner-state-disabled = 已停用
owner-state-open-since = 自 { $moment } 起开放
owner-state-choosing-since = 设置未完成：请在下方选择。开始于 { $moment }。
owner-state-disabled-since = 自 { $moment } 起停用
owner-state-since = 此状态始于
owner-only = 仅限
owner-registered = 在提供方登记的内容
owner-health = 提供方
owner-health-up = 有响应
owner-health-degraded = 有响应，但对用户的再次确认已暂停
owner-health-down = 无响应
owner-health-unknown = 尚未询问
owner-health-since = 自 { $moment } 起
owner-identities = 身份：{ $state }
owner-which = 以下哪一个是 { $organization }？只有属于它的用户才能进入。
owner-none-of-them = 都不是：仅由配置的规则决定谁可以进入
owner-save = 保存
owner-set-up-and-enable = 设置并启用
owner-set-up-again = 重新设置
owner-set-up = 设置
owner-disable-ask = 停用…
owner-hint = 设置时，您将使用自己的帐户登录提供方，以确认连接正常，并将那里的帐户与您在此处的帐户关联。
owner-disable-more = 实际数量比这里统计的更多。
owner-disable-kept = 不会删除任何内容：负责人使用同一提供方重新设置后，所有人都能取回自己的帐户。
owner-disable-type = 要继续，请输入该组织的简称：
owner-disable-mistyped = 这不是该组织的简称。
owner-disable = 停用
owner-cancel = 取消
owner-failed = 没有任何更改。此问题在日志和运维指南中的代码是 { $code }。
owner-close = 您可以关闭此窗口。
owner-go = 前往 { $organization } 的管理页面
owner-search-people = 姓名或电子邮箱
owner-with-state = 其身份的状态
owner-any-state = 全部
owner-attention = 需要关注
owner-search = 搜索
owner-nobody = 没有用户。
owner-nobody-found = 未找到任何人。
owner-so-far = 目前尚未找到，后面还有更多内容可供查找。
owner-more-people = 更多用户
owner-account = 帐户
owner-first-seen = 首次登录
owner-membership = 成员资格
owner-removed = 已移除：任何人都不能登录此帐户
owner-email-there = 在提供方的邮箱
owner-id-there = 在提供方的标识
owner-last-asked = 上次询问
owner-block = 阻止
owner-unlink = 取消关联
owner-history = 此人的历史记录
owner-unblock = 取消阻止
owner-none = 没有。
owner-end-all = 结束所有会话
owner-restore = 恢复成员资格
owner-remove = 移除成员资格
owner-more-sessions = 更多会话
owner-search-audit = 事件、原因、参考编号、帐户或身份
owner-search-person = 人员：姓名、电子邮箱或帐户
owner-search-from = 从
owner-search-to = 至
owner-export = 下载为 CSV
owner-nothing = 未找到任何记录。
owner-older = 更早的记录
owner-actor-visitor = 未登录的访问者
owner-actor-operator = 网站的管理人员
owner-actor-system = 自动
owner-disable-people = { $count ->
    [0] 没有人以这种方式登录。
   *[other] 有 { $count } 人以这种方式登录。
}
owner-disable-others = { $count ->
    [0] 其中没有人可以使用其他方式。
   *[other] 其中 { $count } 人可以使用其他方式。
}
owner-disable-sessions = { $count ->
    [0] 没有会话会结束。
   *[other] { $count } 个会话将立即结束，包括打开的连接。
}

## The audit trail: what happened, and why

event-login-succeeded = 已登录
event-login-denied = 登录被拒绝
event-login-failed = 登录未成功
event-login-cancelled = 登录已取消
event-login-loop = 登录反复重新开始
event-access-denied = 无权访问页面
event-session-created = 会话已开始
event-session-ended = 会话已结束
event-session-evicted = 会话已让位于更新的会话
event-session-revoked = 会话已由管理员结束
event-identity-linked = 身份已添加
event-identity-entered-grace = 提供方没有就某个身份作出回应
event-identity-restored = 提供方再次确认身份
event-identity-invalidated = 身份不再有效
event-identity-checked = 身份已检查
event-identity-blocked = 身份已阻止
event-identity-unblocked = 身份已取消阻止
event-identity-unlinked = 身份已移除
event-identity-relinked = 身份已移至其他帐户
event-identity-link-refused = 身份未添加
event-connection-activated = 连接已设置
event-connection-disabled = 连接已停用
event-rehearsal-started = 演练已开始
event-rehearsal-finished = 演练已结束
event-admin-refused = 无权访问负责人页面
event-membership-removed = 成员资格已移除
event-membership-restored = 成员资格已恢复
event-organization-suspended = 组织的登录已暂停
event-organization-resumed = 组织的登录已恢复
event-logout-requested = 已退出登录

because-signed-out = 本人退出了登录。
because-signed-out-there = 本人在提供方退出了登录。
because-not-confirmed = 提供方不再确认此人。
because-blocked = 身份已被阻止。
because-unlinked = 身份已从帐户中移除。
because-by-person = 本人从其他浏览器将其结束。
because-by-administrator = 管理员将其结束。
because-by-owner = 负责人将其结束。
because-too-many-sessions = 此人的会话过多。
because-replaced = 已由新的登录取代。
because-idle = 已有一段时间未使用。
because-expired = 有效时间已到。
because-foreign-origin = 请求来自其他网站的页面。
because-not-set-up = 设置尚未完成。
because-disabled = 负责人已停用此登录方式。
because-other-customer = 此人属于提供方的另一个客户。
because-email-unverified = 提供方未确认该邮箱。
because-emails = 该邮箱不在允许之列。
because-email-domains = 不允许该邮箱的域名。
because-hosted-domains = 该帐户不属于任何允许的域名。
because-groups-any = 此人不在任何允许的群组中。
because-groups-all = 此人未加入全部所需群组。
because-subjects = 此人不在指名允许的用户之列。
because-tenants = 此人不属于提供方的任何允许的客户。
because-teams = 此人不在任何允许的团队中。
because-claims = 提供方给出的信息不符合规则。
because-cookies = 浏览器没有保留 Cookie。
because-provider-unreachable = 提供方没有回应。
because-provider-misconfigured = 通过提供方登录的设置不正确。
because-provider-refused = 提供方未允许此人登录。
because-not-admitted = 组织不允许此帐户进入。
because-too-weak = 登录不够新或不够安全。
because-taken = 该身份属于其他帐户。
because-another-there = 该帐户已有此提供方的身份。
because-too-many-identities = 该帐户的身份数量已达上限。
because-not-the-person = 发起操作的人已不再登录。
because-not-an-owner = 此人不是该组织的负责人。
because-not-me = 此人表示这不是自己的。
because-step-up = 已确认是本人。
because-any-customer = 仅由配置的规则决定谁可以进入。
because-cannot-ask = 无法询问提供方。

## Setting a provider up

setup-link-lead = 有人请您接入 { $provider }，以便 { $organization } 的人员用它登录。您需要有在那里注册应用的权限。
setup-link-once = 一旦开始，此链接就只能在此浏览器中使用。在有效期内，您可以中断并稍后返回。
setup-link-begin = 开始
setup-link-gone-heading = 此链接已失效
setup-link-gone-sentence = 它已过期、被撤回或不完整。请向发送者索取新的链接。
setup-link-elsewhere-heading = 此链接已在另一个浏览器中打开
setup-link-elsewhere-sentence = 它只能在最先打开它的地方使用。请在那里继续，或向发送者索取新的链接。
setup-link-crowded-heading = 此浏览器正在设置的提供方过多
setup-link-crowded-sentence = 再添加一个就会丢失最先的那一个。请在另一个浏览器中打开此链接：它尚未被使用。
wizard-title = 设置 { $provider }
wizard-lead = 在本网站的运营者启用它之前，没有人能用它登录。
wizard-organization = 组织
wizard-until = 有效期至
wizard-register = 1. 注册应用
wizard-register-at = 位置：
wizard-copy = 复制
wizard-copied = 已复制 { $name }。
wizard-values = 2. 填写那里显示的内容
wizard-optional = （可选）
wizard-kept = 此值已保存，不会再次显示。除非您有新的值，否则请将此栏留空。
wizard-missing = 此项缺失。
wizard-wrong = 这不可能正确。它可以是这样：
wizard-save = 保存
wizard-first = 请先填写并保存所有必填项。
wizard-check = 3. 检查
wizard-check-lead = 现在询问提供方这些设置是否相符。
wizard-check-button = 立即检查
wizard-check-good = 无需登录即可判断的内容都没有问题。
wizard-check-bad = 还有问题需要解决。
wizard-fine = 正常
wizard-warning = 警告
wizard-failed = 不正确
wizard-unknown = 未知
wizard-try = 4. 试登录
wizard-try-lead = 您像平常登录一样经过提供方，然后查看会有什么结果。不会有人因此登录。
wizard-try-button = 试一试
wizard-try-good = 已试登录，并且成功。
wizard-try-bad = 已试登录，但没有成功。
wizard-finish = 5. 移交
wizard-finish-lead = 一切就绪后，请在此说明。之后这里就不能再更改了。
wizard-finish-button = 已完成
wizard-finished = 完成。本网站的运营者接下来会启用它。
wizard-in-force = 此提供方已启用。这里没有其他事情要做。
wizard-displaced = 该短名称现已用于另一个提供方，因此无法启用此提供方。请使用另一个短名称重新设置。
wizard-toml = 供本网站运营者的文件使用
wizard-toml-hint = 其中不含密钥。密钥为本网站的运营者保管，并放入指定的文件。
wizard-discard = 丢弃
drafts-title = 正在设置的提供方
drafts-preset = 哪个提供方？
drafts-id = 短名称
drafts-id-hint = 小写字母、数字和连字符。它会成为您所注册地址的一部分，以后不能更改。
drafts-add = 添加提供方
drafts-bad-id = 短名称由 1 到 40 个小写字母、数字和连字符组成，且不以连字符开头或结尾。
drafts-taken = 已有使用该短名称的提供方。
drafts-too-many = 正在设置的提供方过多。请先丢弃一个。
draft-waiting = 链接尚未打开
draft-open = 未完成
draft-complete = 填写完整
draft-finished = 已移交
draft-in-force = 已启用
draft-displaced = 名称已用于其他提供方
event-draft-created = 已开始设置提供方
event-draft-claimed = 设置链接已打开
event-draft-changed = 正在设置的提供方已更改
event-draft-checked = 正在设置的提供方已检查
event-draft-finished = 提供方设置已移交
event-draft-exported = 提供方设置已接收（含密钥）
event-draft-removed = 正在设置的提供方已丢弃
owner-actor-link = 持有设置链接的人
