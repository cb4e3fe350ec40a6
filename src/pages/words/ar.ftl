# ما تقوله الصفحات، بالعربية.

frame-help = تسجيل الدخول إلى { $application }. إذا احتجت إلى المساعدة، فاسأل القائمين على الموقع.
frame-sign-in = تسجيل الدخول إلى { $application }.
frame-support = الحصول على المساعدة

action-sign-in = تسجيل الدخول
action-sign-in-again = تسجيل الدخول من جديد
action-sign-in-once-more = تسجيل الدخول مرة أخرى
action-sign-out = تسجيل الخروج
action-try-again = إعادة المحاولة
action-check-again = الفحص من جديد لدى { $provider }
action-continue = متابعة
action-another-account = استخدام حساب آخر
action-another-organization = تسجيل الدخول إلى مؤسسة أخرى
action-enter-email = إدخال بريدك الإلكتروني
action-start-afresh = تسجيل الخروج والبدء من جديد
action-start-page = الانتقال إلى صفحة البداية
action-go-to = الانتقال إلى { $application }
action-ask-for-access = طلب الوصول
action-open-provider = فتح { $provider }
action-more = عرض المزيد

moment = { $day } { $month ->
    [1] يناير
    [2] فبراير
    [3] مارس
    [4] أبريل
    [5] مايو
    [6] يونيو
    [7] يوليو
    [8] أغسطس
    [9] سبتمبر
    [10] أكتوبر
    [11] نوفمبر
   *[12] ديسمبر
} { $year }، { $time } بالتوقيت العالمي
wait-seconds = { $count ->
    [one] حاول مرة أخرى بعد ثانية واحدة.
    [two] حاول مرة أخرى بعد ثانيتين.
    [few] حاول مرة أخرى بعد { $count } ثوانٍ.
    [many] حاول مرة أخرى بعد { $count } ثانية.
   *[other] حاول مرة أخرى بعد { $count } ثانية.
}
wait-minutes = { $count ->
    [one] حاول مرة أخرى بعد دقيقة واحدة.
    [two] حاول مرة أخرى بعد دقيقتين.
    [few] حاول مرة أخرى بعد { $count } دقائق.
    [many] حاول مرة أخرى بعد { $count } دقيقة.
   *[other] حاول مرة أخرى بعد { $count } دقيقة.
}
wait-hours = { $count ->
    [one] حاول مرة أخرى بعد ساعة واحدة.
    [two] حاول مرة أخرى بعد ساعتين.
    [few] حاول مرة أخرى بعد { $count } ساعات.
    [many] حاول مرة أخرى بعد { $count } ساعة.
   *[other] حاول مرة أخرى بعد { $count } ساعة.
}
list-pair = { $first } و{ $last }
list-middle = { $before } و{ $next }
list-end = { $before } و{ $last }

login-expired-heading = انتهت صلاحية صفحة تسجيل الدخول هذه
login-expired-sentence = تعمل صفحات تسجيل الدخول مرة واحدة ولوقت قصير فقط. لم يُفقد أي شيء.

login-cancelled-heading = أُلغي تسجيل الدخول
login-cancelled-sentence = عدت من { $provider } دون تسجيل الدخول. لم يتغير شيء.

provider-unreachable-heading = يتعذر الوصول إلى { $provider } حاليًا
provider-unreachable-sentence = لم نتلقَّ ردًا، لذا لا يمكننا تسجيل دخولك بعد. لا يتأثر من سجلوا دخولهم من قبل.

identity-unverified-heading = لم يصلنا تأكيد لحسابك من { $provider }
identity-unverified-sentence-soon = لم يصلنا رد منذ مدة طويلة، ولا يدل ذلك على شيء بشأن حسابك. نعيد السؤال كل بضع دقائق، ويمكنك المتابعة فور وصول الرد. إذا عادت الخدمة إلى العمل، فيكفي أن تسجل الدخول من جديد.
identity-unverified-sentence-next = لم يصلنا رد منذ مدة طويلة، ولا يدل ذلك على شيء بشأن حسابك. سنعيد السؤال في { $moment }، ويمكنك المتابعة فور وصول الرد. إذا عادت الخدمة إلى العمل، فيكفي أن تسجل الدخول من جديد.

identity-invalid-heading = وفقًا لـ { $provider } لم يعد هذا الحساب نشطًا
identity-invalid-sentence = سألنا من جديد عمّا إذا كان لا يزال بإمكانك الدخول، وكان الجواب لا. لذلك أُنهيت جلساتك.
identity-invalid-heading-access = انتهى وصولك عبر { $provider }
identity-invalid-sentence-at = سألنا من جديد في { $moment } عمّا إذا كان لا يزال بإمكانك الدخول، وكان الجواب لا. لذلك أُنهيت جلساتك.
no-longer-withdrawn = لم يعد يُقبل هناك ما استند إليه تسجيل دخولك. يحدث ذلك عند سحب الوصول أو تغيير كلمة المرور أو إغلاق الحساب.
no-longer-inactive = تفيد الخدمة بأن الحساب موقوف أو غير نشط.
no-longer-no-token = لم تقدّم الخدمة ما يمكن به السؤال عنك.
no-longer-somebody-else = كان الجواب عن حساب آخر غير حسابك.
no-longer-other-tenant = لم يعد الحساب تابعًا لعميل { $provider } الذي يُسمح لأفراده بالدخول هنا.
no-longer-email = لم تعد الخدمة تؤكد عنوان بريدك الإلكتروني.
no-longer-rules = لم تعد معلومات الحساب تستوفي قواعد الدخول هنا.
no-longer-member = أُزيلت عضويتك هنا.
identity-invalid-check = إذا كنت ترى أن هذا لم يعد صحيحًا، فسجّل الدخول هناك مرة أخرى: إذا سمح لك { $provider } بالدخول، فستتابع من حيث كنت.

provider-refused-heading = لم يُسمح لك بتسجيل الدخول عبر { $provider }
provider-refused-sentence = تلك الخدمة هي التي تقرر من يمكنه استخدام { $application }، ولم تسمح لهذا الحساب.
provider-refused-not-assigned = لم يُخصَّص { $application } لهذا الحساب في تلك الخدمة. يمكن لمن يدير الحسابات هناك تغيير ذلك.
provider-refused-suspended = هذا الحساب موقوف في تلك الخدمة. يمكن لمن يدير الحسابات هناك تغيير ذلك.
provider-refused-ungranted = لم تُقدِّم تلك الخدمة ما يحتاج { $application } إلى معرفته عنك. سجّل الدخول من جديد واسمح بكل ما يُطلب.

provider-misconfigured-heading = تسجيل الدخول عبر { $provider } غير مُعَدّ بشكل صحيح
provider-misconfigured-sentence = لا يمكن إصلاح ذلك إلا من جانب المسؤول. أخبره بالرقم المرجعي أدناه.
provider-misconfigured-clock = ما أصدره المزوّد للتو يقع وفق ساعتنا في المستقبل أو في ماضٍ بعيد. إحدى الساعتين خاطئة: تحقق أولًا من وقت هذا الجهاز. يذكر doorward provider test مقدار الفرق.

account-not-allowed-heading = لا يمكن استخدام { $application } بالحساب { $email }
account-not-allowed-heading-this = لا يمكن استخدام { $application } بهذا الحساب
account-not-allowed-sentence = نجح تسجيل الدخول، لكن مؤسسة { $organization } لم تمنح هذا الحساب حق الوصول.
account-not-allowed-sentence-this = نجح تسجيل الدخول، لكن هذه المؤسسة لم تمنح هذا الحساب حق الوصول.

organization-unknown-heading = لا نعرف هذه المؤسسة
organization-unknown-sentence = ربما كُتب العنوان خطأً أو أصبح قديمًا. يكفي بريدك الإلكتروني للعثور على صفحة تسجيل الدخول الصحيحة.

organization-suspended-heading = تسجيل الدخول إلى { $organization } متوقف مؤقتًا
organization-suspended-heading-this = تسجيل الدخول إلى هذه المؤسسة متوقف مؤقتًا
organization-suspended-sentence = لا يمكن لأحد تسجيل الدخول إلى هذه المؤسسة حاليًا. لم يتغير حسابك.

email-unverified-heading = لم يتم التحقق من بريدك الإلكتروني لدى { $provider }
email-unverified-sentence = لا يقبل { $application } إلا العناوين التي جرى التحقق منها. افتح حسابك لدى { $provider }، وتحقق من { $email }، ثم سجّل الدخول من جديد.
email-unverified-sentence-yours = لا يقبل { $application } إلا العناوين التي جرى التحقق منها. افتح حسابك لدى { $provider }، وتحقق من عنوانك، ثم سجّل الدخول من جديد.
email-missing-heading = ليس لحسابك لدى { $provider } بريد إلكتروني أساسي
email-missing-sentence = يحتاج { $application } إلى عنوان. افتح حسابك لدى { $provider }، واختر عنوانًا جرى التحقق منه ليكون الأساسي، ثم سجّل الدخول من جديد.

session-ended-heading = تم تسجيل خروجك
session-ended-idle = لم تستخدم { $application } منذ مدة.
session-ended-lifetime = يدوم تسجيل الدخول لمدة محدودة، وقد انتهت مدتك.
session-ended-withdrawn = أُنهيت جلستك من متصفح آخر أو من جانب المسؤول.
session-ended-at-provider = أُنهيت جلستك لدى خدمة تسجيل الدخول.
session-ended-unknown = لم يعد { $application } يتعرّف على هذا المتصفح.

sign-in-required-heading = سجّل الدخول للمتابعة
sign-in-required-sentence = هذا الجزء من { $application } مخصص لمن سجّلوا الدخول.

redirect-loop-heading = يتكرر تسجيل الدخول من البداية
redirect-loop-sentence = سجّلت الدخول عدة مرات خلال وقت قصير، لكن { $application } لم يتعرّف عليك بعد ذلك. توقفنا هنا كي لا يدور متصفحك في حلقة.
redirect-loop-cookie-lost = لم يَعُد ملف تعريف ارتباط الجلسة، مع أن ملفات أخرى لنا عادت. هناك شيء بين المتصفح وDoorward يحذفه، أو أن المتصفح يرفضه.
redirect-loop-session-over = عاد ملف تعريف ارتباط الجلسة، لكن جلسته كانت قد انتهت. ابحث في سجل التدقيق عمّا أنهاها.
redirect-loop-signed-in = عاد ملف تعريف ارتباط الجلسة وجلسته قائمة. هناك شيء آخر يعيد المتصفح إلى تسجيل الدخول: افحص عمليات إعادة التوجيه في التطبيق والوكلاء الموجودين أمامه.
redirect-loop-out-of-sight = تعود الجلسة إلى المضيف الخاص بالمؤسسة، لذا لا يمكن معرفة ما إذا كان ملف تعريف ارتباطها يعود هناك. افحص الطلبات إلى ذلك المضيف في المتصفح.

cookies-blocked-heading = متصفحك لا يحتفظ بملف تعريف الارتباط الخاص بنا
cookies-blocked-sentence = يحتاج تسجيل الدخول إلى ملف تعريف ارتباط واحد لمعرفة أنك ما زلت أنت. اسمح بملفات تعريف الارتباط لـ { $application } في إعدادات متصفحك، ثم أعد المحاولة.
cookies-blocked-owner = يُعطى ملف تعريف الارتباط حيث يبدأ الزائر، ويجب أن يعود عند العنوان العام. لا يمكن ذلك إذا بدأ الزائر عبر http أو باسم غير اسم العنوان العام.
cookies-blocked-scheme = بحسب الوكيل الأمامي أو المتصفح، بدأ تسجيل الدخول هذا عبر http. لا تحتفظ المتصفحات بملف تعريف الارتباط إلا عبر https. حوّل كل http إلى https، واجعل الوكيل يذكر في X-Forwarded-Proto ما استخدمه المتصفح.
cookies-blocked-host = للصفحة التي بدأ فيها تسجيل الدخول هذا عنوان في المتصفح غير عنواننا، مع أن الطلبات تصلنا بعنواننا. ملف تعريف الارتباط يخص عنوانًا واحدًا فقط. حوّل الاسم الآخر إلى العنوان العام، أو اجعل الوكيل يمرّر الاسم الذي طلبه المتصفح.

app-unreachable-heading = لا يستجيب { $application }
app-unreachable-sentence = يعمل متصفحك وتسجيل الدخول. لا يستجيب التطبيق الذي خلفهما حاليًا.

app-slow-heading = يستغرق { $application } وقتًا طويلًا
app-slow-sentence = يعمل متصفحك وتسجيل الدخول. لم يستجب التطبيق الذي خلفهما في الوقت المناسب.

too-busy-heading = هناك ضغط كبير على { $application }
too-busy-sentence = عدد الطلبات يفوق ما يمكن استقباله حاليًا، لذا لم يُمرَّر طلبك.

too-many-attempts-heading = انتظر لحظة من فضلك
too-many-attempts-sentence = جرت محاولات كثيرة خلال وقت قصير.

bad-request-heading = لم نتمكن من قراءة هذا الطلب
bad-request-sentence = لا يمكننا استخدام العنوان أو النموذج الذي وصلنا. لم يتغير شيء.

misdirected-request-heading = لا يوجد شيء عند هذا العنوان
misdirected-request-sentence = ربما كُتب الاسم في شريط عنوان متصفحك خطأً أو أصبح قديمًا.

not-found-heading = الصفحة غير موجودة
not-found-sentence = إذا كتبت العنوان، فتأكد من صحته. وإذا تبعت رابطًا، فربما نُقلت الصفحة.

not-allowed-here-heading = ليس لديك حق الوصول إلى هذه الصفحة
not-allowed-here-sentence = تم تسجيل الدخول بالحساب { $email }، لكن هذا الجزء من { $application } مخصص لآخرين.
not-allowed-here-sentence-this = تم تسجيل الدخول بهذا الحساب، لكن هذا الجزء من { $application } مخصص لآخرين.

method-not-allowed-heading = لا يمكن فعل ذلك هنا
method-not-allowed-sentence = الصفحة موجودة، لكن ليس لما حاول متصفحك فعله. لم يتغير شيء.

broken-heading = توجد مشكلة من جانبنا
broken-sentence = لم نتمكن من إتمام ما طلبته. سُجّل ذلك تحت الرقم المرجعي أدناه.

advice-check-saved = إذا كنت تحفظ شيئًا، فتحقق من وصوله قبل إرساله مرة أخرى.
advice-send-again = إذا كنت قد أرسلت نموذجًا للتو، فإنه لم يصل. ارجع وأرسله مرة أخرى.
advice-copy-first = إذا كنت قد أرسلت نموذجًا للتو، فإنه لم يصل. ارجع لنسخ ما كتبته، ثم سجّل الدخول.
advice-ask-access = إذا كان لديك حساب آخر، فاستخدمه. وإلا فاطلب حق الوصول من المسؤول لديك.

stage-browser = متصفحك
stage-sign-in = تسجيل الدخول
stage-works = يعمل
stage-silent = لا يستجيب

problem-owner = للمسؤول:
problem-registered = يجب أن يكون المسجَّل لدى المزوّد هو عنوان URI لإعادة التوجيه هذا تمامًا:
problem-reference = الرقم المرجعي
problem-details = التفاصيل
problem-reference-hint = إذا طلبت المساعدة، فاذكر هذا الرقم.

door-title = تسجيل الدخول إلى { $organization }
door-lead-one = للوصول إلى { $application }، سجّل الدخول.
door-lead-several = للوصول إلى { $application }، اختر طريقة تسجيل الدخول.
door-lead-one-as = للوصول إلى { $application } بالحساب { $email }، سجّل الدخول.
door-lead-several-as = للوصول إلى { $application } بالحساب { $email }، اختر طريقة تسجيل الدخول.
door-button = تسجيل الدخول عبر { $provider }
door-used-last = استُخدم آخر مرة في هذا المتصفح
door-none = لا توجد بعد طريقة لتسجيل الدخول إلى هذه المؤسسة. يمكن للمسؤول فيها إضافة واحدة.
door-another-organization = استخدام مؤسسة أخرى

notice-idle = تم تسجيل خروجك لأنك لم تكن هنا منذ مدة.
notice-lifetime = تم تسجيل خروجك لأن تسجيل الدخول يدوم لمدة محدودة.
notice-withdrawn = تم تسجيل خروجك من متصفح آخر أو من جانب المسؤول.
notice-at-provider = تم تسجيل خروجك من جانب خدمة تسجيل الدخول.
notice-unknown = تم تسجيل خروجك.
notice-another-account = اختر الحساب الذي تريد استخدامه.

email-title = تسجيل الدخول إلى { $application }
email-continue = المتابعة إلى { $organization }
email-or = أو
email-label = بريدك الإلكتروني في العمل
email-hint = يقودك إلى تسجيل الدخول الخاص بمؤسستك. نحن لا نطلب كلمة مرور.
email-list = أو اختر مؤسستك
email-missing = أدخل بريدك الإلكتروني.
email-malformed = أدخل بريدًا إلكترونيًا بالصيغة name@example.com.
email-unknown-domain = لا نعرف مؤسسة بهذا العنوان. تحقق من كتابته، أو استخدم رابط تسجيل الدخول الخاص بمؤسستك.

choose-title = اختر مؤسستك
choose-lead = تستخدم أكثر من مؤسسة العنوان { $email }.
choose-another-email = استخدام بريد إلكتروني آخر

dev-title = تسجيل الدخول للتطوير
dev-note = يحل هذا النموذج محل مزوّد هوية. إنه يصدّق كل ما تكتبه، ولا يعمل إلا على هذا الجهاز.
dev-email = البريد الإلكتروني
dev-name = الاسم
dev-name-hint = (اختياري)
dev-groups = المجموعات
dev-groups-hint = (اختياري، مفصولة بفواصل)
dev-cancel = إلغاء

logout-title = هل تريد تسجيل الخروج من { $application }؟
logout-lead = ينهي هذا جلستك في هذا المتصفح. احفظ عملك أولًا إذا كان هناك شيء مفتوح.
logout-stay = البقاء في الجلسة

logged-out-title = تم تسجيل خروجك من { $application }
logged-out-there-too = انتهت جلستك هنا، وكذلك جلستك لدى { $provider }.
logged-out-here = انتهت جلستك هنا.
logged-out-close = انتهت جلستك هنا. على جهاز مشترك، أغلق جميع نوافذ المتصفح أيضًا.
logged-out-still = ما زالت جلستك مفتوحة لدى { $providers }.
logged-out-still-advice = على جهاز مشترك، سجّل الخروج هناك أيضًا: وإلا فقد يدخل الشخص التالي باسمك.

signed-in-title = تم تسجيل دخولك
signed-in-close = يمكنك إغلاق هذه النافذة والمتابعة في النافذة السابقة.

redirecting-title = لحظة واحدة
redirecting-lead = يجري نقلك الآن. إذا لم يحدث شيء، فاستخدم الزر.

account-title = تم تسجيل دخولك
account-name = الاسم
account-email = البريد الإلكتروني
account-organization = المؤسسة
account-provider = طريقة تسجيل الدخول
account-since = منذ
account-until = حتى موعد أقصاه
account-open = فتح { $application }
account-identity = حسابك لدى { $provider }
account-state = الحالة
account-confirmed = مؤكَّد
account-unanswered-timeout = لم يؤكَّد عند آخر سؤال: استغرق الرد وقتًا طويلًا
account-unanswered-unreachable = لم يؤكَّد عند آخر سؤال: تعذر الوصول إلى الخدمة
account-unanswered-asked-to-wait = لم يؤكَّد عند آخر سؤال: طلبت منا الخدمة الانتظار
account-unanswered-trouble = لم يؤكَّد عند آخر سؤال: كانت الخدمة تواجه مشكلة
account-unanswered-unreadable = لم يؤكَّد عند آخر سؤال: تعذرت قراءة الرد
account-unanswered-silent = لم يؤكَّد عند آخر سؤال: لم يصل رد
account-unasked = تأكّد عند تسجيل دخولك
account-last-confirmed = آخر تأكيد
account-next-check = الفحص التالي
account-access-ends = ينتهي الوصول
account-access-ends-at = { $moment }، ما لم يصل رد قبل ذلك
account-sessions = أين سجّلت دخولك
account-this-browser = هذا المتصفح
device-both = { $browser } على { $system }
device-system = متصفح على { $system }
device-unknown = متصفح غير معروف
account-session = منذ { $since }، آخر استخدام { $used }
account-end = إنهاء
account-end-label = إنهاء الجلسة القائمة منذ { $since }
account-end-others = إنهاء جميع الجلسات الأخرى
account-others = مؤسساتك الأخرى
account-switch = تبديل
account-switch-label = التبديل إلى { $organization }
account-told = ما يُخبَر به { $application } عنك
account-headers = ترويسات الطلب
account-claims = بيانات الإقرار الموقّع
account-fact-name = الاسم
account-fact-value = القيمة
facts-shortened = القيم والقوائم الطويلة مختصرة هنا.

## Step-up, forms that are kept, Setup and further identities

step-up-required-heading = يُرجى تأكيد هويتك
step-up-required-sentence = يتطلب هذا الجزء من { $application } تسجيل دخول أحدث أو أقوى من تسجيلك الحالي.
form-kept-heading = يُرجى تسجيل الدخول مرة أخرى لإرسال هذا
form-kept-sentence = انتهى تسجيل دخولك، أو لم يعد حديثًا بما يكفي لهذا الجزء من { $application }. لم يُرسَل ما ملأته، وسيُحفَظ هنا لمدة عشر دقائق.
sign-in-too-weak-heading = تسجيل دخولك لدى { $provider } لم يكن قويًا بما يكفي
sign-in-too-weak-sentence = يتطلب هذا الجزء من { $application } تسجيل دخول أحدث أو أقوى. ما زلت مسجّل الدخول كما كنت، ولم يتغير شيء.
sign-in-too-weak-owner = أُرسلت إلى المزوّد قيمة max_auth_age أو acr_values الخاصة بالمسار، فأجاب بتسجيل دخول أقدم أو من نوع آخر. يذكر السجل التفاصيل. يجب أن يعرف المزوّد هذه القيم وأن يفرض تسجيل دخول كهذا عند طلبه.
other-account-heading = كان ذلك حسابًا آخر
other-account-sentence = كان المطلوب تأكيد هويتك، لكن الذي سجّل الدخول هو { $email }، وهو ليس الحساب الذي تستخدمه. لم يتغير شيء.
other-account-sentence-this = كان المطلوب تأكيد هويتك، لكن حسابًا آخر غير الذي تستخدمه سجّل الدخول. لم يتغير شيء.
organization-not-open-heading = { $organization } ليست مفتوحة بعد
organization-not-open-heading-this = هذه المؤسسة ليست مفتوحة بعد
organization-not-open-sentence = يجب أن يُكمل أحد المسؤولين عن المؤسسة إعدادها قبل أن يصبح تسجيل الدخول بهذه الطريقة ممكنًا.
identity-not-linked-heading = تتعذر إضافة هذا الحساب
identity-not-linked-taken = الحساب لدى { $provider } يخص هنا شخصًا آخر، أو حسابًا آخر لك. لا يمكن نقله إلا من جانب المسؤول. لم يتغير شيء.
identity-not-linked-another-there = لديك هنا بالفعل حساب آخر من { $provider }. يُرجى إزالته أولًا. لم يتغير شيء.
identity-not-linked-too-many = لديك هنا أكبر عدد ممكن من الحسابات. يُرجى إزالة أحدها أولًا. لم يتغير شيء.
identity-not-linked-not-admitted = لا تسمح مؤسستك لأحد بالدخول بهذا الحساب لدى { $provider }. لم يتغير شيء.
identity-not-linked-not-the-person = من بدأ هذا لم يعد مسجّل الدخول في هذا المتصفح. لم يتغير شيء.
identity-not-linked-not-an-owner = لا يمكن إكمال الإعداد إلا بواسطة مسؤول عن المؤسسة. لم يتغير شيء.
owners-only-heading = هذه الصفحة للمسؤولين عن المؤسسة
owners-only-sentence = لا يمكن فتحها إلا للمسؤولين عن { $organization }، وهم مذكورون في الإعدادات.
owners-only-sentence-this = لا يمكن فتحها إلا للمسؤولين عن هذه المؤسسة، وهم مذكورون في الإعدادات.
advice-copy-then-confirm = إذا كنت قد أرسلت نموذجًا للتو فإنه لم يصل. يُرجى الرجوع لنسخ ما كتبته ثم التأكيد.
advice-same-account = يُرجى تسجيل الدخول بالحساب نفسه، ثم يمكنك إرساله بنقرة واحدة.
advice-use-all = يُرجى المحاولة مرة أخرى واستخدام كل ما يُطلب منك هناك. إذا لم يُجدِ ذلك، فأخبر المسؤول لديك.
action-confirm = تأكيد
action-go-back = رجوع
action-your-account = الانتقال إلى حسابك
kept-title = هل تريد إرسال ما ملأته؟
kept-lead = لقد سجّلت الدخول مرة أخرى. لم يُرسَل بعد ما ملأته.
kept-send = متابعة: إرسال ما ملأته
kept-leave = الانتقال إلى صفحة البداية دون إرسال
not-kept-title = لم يُحفَظ ما ملأته
not-kept-too-late = يُحفَظ لمدة عشر دقائق، وقد استغرق تسجيل الدخول وقتًا أطول. لم يُرسَل: عليك ملؤه مرة أخرى.
not-kept-somebody-elses = مُلئ بحساب غير الحساب الذي سجّلت الدخول به الآن. لم يُرسَل، وقد حذفناه.
rehearse-title = تجربة { $provider }
rehearse-lead = هذه تجربة. ستمر عبر { $provider } كما في أي تسجيل دخول، ثم ترى ما ستكون النتيجة. لن يتم تسجيل دخولك بها. ومن أعطاك هذا الرابط يرى النتيجة أيضًا.
rehearse-begin = بدء
rehearsed-title = نتيجة { $provider }
rehearsed-in = ستسمح لك { $organization } بالدخول.
rehearsed-out = لن تسمح لك { $organization } بالدخول.
rehearsed-nobody = لم يتم تسجيل دخول أحد. يمكنك إغلاق هذه الصفحة.
rehearsed-identity = الهوية
rehearsed-verified = (مؤكد)
rehearsed-unverified = (غير مؤكد)
rehearsed-claims = ما يقوله { $provider }
rehearsed-open = { $organization } مفتوحة لتسجيل الدخول.
rehearsed-shut = { $organization } غير مفتوحة لتسجيل الدخول.
rehearsed-too-large = بعض ما يُبلَّغ به التطبيق عنك أكبر مما يقبله. لن تصل طلباتك إليه.
rehearsal-failed-title = لم يعمل { $provider } كما ينبغي
rehearsal-failed-lead = انتهت التجربة قبل أن يؤكد { $provider } هوية أي شخص. ومن أعطاك الرابط يرى السبب أيضًا.
confirmed-again = تم التأكد من هويتك. يمكنك المتابعة الآن.
account-further = طرق أخرى لتسجيل الدخول
account-further-next = آخر تأكيد { $confirmed }، والفحص التالي { $next }.
account-further-confirmed = آخر تأكيد { $confirmed }.
account-check = فحص
account-check-named = فحص { $provider } الآن
check-confirmed = سُئل المزوّد الآن وأكّد الحساب.
check-unanswered = سُئل المزوّد الآن، لكن جوابه لا يدل على شيء بشأن الحساب. سيُعاد السؤال تلقائيًا، ولن يترتب على ذلك ضرر لأحد.
check-waiting = لم يُجب المزوّد بعد. السؤال ما زال قائمًا: أعد تحميل هذه الصفحة بعد دقيقة لترى النتيجة. وحتى ذلك الحين لا يتغير شيء.
account-remove = إزالة
account-remove-named = إزالة { $provider }
account-add = إضافة { $provider }
offer-title = هل تريد إضافة هذا الحساب؟
offer-lead = لم يتغير شيء بعد. أضفه فقط إذا كنت أنت الشخص في الجانبين.
offer-here = سجّلت الدخول هنا عبر { $provider }
offer-there = بحسب { $provider } أنت
offer-changes = ما الذي يتغير
offer-either = يمكنك تسجيل الدخول إلى { $organization } بأي من الحسابين. وتبقى هنا الشخص نفسه.
offer-whole = من يستطيع استخدام الحساب الجديد يستطيع أن يفعل هنا كل ما تستطيعه أنت.
offer-ends = إذا لم يعد { $provider } يؤكد الحساب الجديد، فلن يدخل به أحد. يمكنك إزالته في أي وقت من صفحة حسابك.
offer-add = إضافة
offer-not-me = هذا ليس أنا
offer-late = لم يُضف شيء: وصل الجواب متأخرًا أو تغيرت الإعدادات. يمكنك البدء من جديد.
state-valid = مؤكَّد
state-unchecked = تأكّد عند تسجيل الدخول
state-suspect = لا رد
state-invalid = لم يعد صالحًا
state-orphaned = غير متصل
state-blocked = محظور
state-removed = مُزال
state-none = لا هوية
why-withdrawn = سحب المزوّد التصريح.
why-inactive = يقول المزوّد إن الحساب غير نشط.
why-no-token = لا يقدّم المزوّد وسيلة لإعادة السؤال.
why-somebody-else = أجاب المزوّد عن شخص آخر.
why-membership-removed = أُزيلت العضوية.
why-sign-in-again = يلزم تسجيل دخول جديد.
why-connection = أُغلق الاتصال أو تغيّر.
why-other-tenant = لم يعد الحساب تابعًا لهذا العميل لدى المزوّد.
why-email = لم يعد المزوّد يؤكد العنوان.
why-rules = لم تعد القواعد تسمح بهذا الحساب.

## Pages of owners

owner-nav = الإدارة
owner-tab-home = نظرة عامة
owner-tab-people = الأشخاص
owner-tab-sessions = الجلسات
owner-tab-audit = سجل التدقيق
owner-your-account = حسابك
owner-home-title = إدارة { $organization }
owner-done-title = اكتمل الإعداد
owner-failed-title = لم يكتمل الإعداد
owner-disable-title = هل تريد تعطيل تسجيل الدخول عبر { $provider }؟
owner-people-title = الأشخاص في { $organization }
owner-sessions-title = الجلسات في { $organization }
owner-audit-title = سجل التدقيق في { $organization }
owner-was-disabled = تسجيل الدخول عبر هذا المزوّد معطّل الآن.
owner-was-opened = اكتمل الإعداد.
owner-paused = أوقف القائمون على الموقع تسجيل الدخول إلى هذه المؤسسة مؤقتًا.
owner-door = صفحة تسجيل الدخول
owner-state-by-file = مفتوح وفق ملف الإعدادات
owner-state-open = مفتوح
owner-state-choosing = لم يكتمل الإعداد: اختر أدناه
owner-state-closed = مغلق إلى أن يكتمل الإعداد
owner-state-disabled = معطّل
owner-state-open-since = مفتوح منذ { $moment }
owner-state-choosing-since = لم يكتمل الإعداد: اختر أدناه. بدأ في { $moment }.
owner-state-disabled-since = معطّل منذ { $moment }
owner-state-since = في هذه الحالة منذ
owner-only = مخصص لـ
owner-registered = ما هو مسجَّل لدى المزوّد
owner-health = المزوّد
owner-health-up = يجيب
owner-health-degraded = يجيب، لكن إعادة السؤال عن الأشخاص متوقفة مؤقتًا
owner-health-down = لا يجيب
owner-health-unknown = لم يُسأل بعد
owner-health-since = منذ { $moment }
owner-identities = الهويات: { $state }
owner-which = أيّ هذه الخيارات يمثّل { $organization }؟ لن يدخل إلا من ينتمون إليها.
owner-none-of-them = لا شيء منها: القواعد المضبوطة وحدها تحدد من يدخل
owner-save = حفظ
owner-set-up-and-enable = إعداد وتفعيل
owner-set-up-again = إعادة الإعداد
owner-set-up = إعداد
owner-disable-ask = تعطيل…
owner-hint = ينقلك الإعداد إلى المزوّد لتسجّل الدخول بحسابك الخاص، ويبيّن أن الاتصال يعمل، ويربط ذلك الحساب بحسابك هنا.
owner-disable-more = العدد الفعلي أكبر مما أمكن عدّه.
owner-disable-kept = لن يُحذف شيء: عندما يعيد أحد المسؤولين عن المؤسسة الإعداد مع المزوّد نفسه، يستعيد الجميع حساباتهم.
owner-disable-type = للمتابعة، اكتب الاسم المختصر للمؤسسة:
owner-disable-mistyped = هذا ليس الاسم المختصر لهذه المؤسسة.
owner-disable = تعطيل
owner-cancel = إلغاء
owner-failed = لم يتغير شيء. رمز هذه المشكلة في السجل وفي دليل التشغيل هو { $code }.
owner-close = يمكنك إغلاق هذه النافذة.
owner-go = الانتقال إلى إدارة { $organization }
owner-search-people = الاسم أو البريد الإلكتروني
owner-with-state = حالة هوياتهم
owner-any-state = الكل
owner-attention = تحتاج إلى انتباه
owner-search = بحث
owner-nobody = لا أحد.
owner-nobody-found = لم يُعثر على أحد.
owner-so-far = لم يُعثر على شيء حتى الآن. لا يزال هناك المزيد للبحث فيه.
owner-more-people = المزيد من الأشخاص
owner-account = الحساب
owner-first-seen = أول ظهور
owner-membership = العضوية
owner-removed = مُزالة: لا يمكن لأحد تسجيل الدخول إلى هذا الحساب
owner-email-there = البريد لدى المزوّد
owner-id-there = المعرّف لدى المزوّد
owner-last-asked = آخر سؤال
owner-block = حظر
owner-unlink = فصل
owner-history = سجل الشخص
owner-unblock = إلغاء الحظر
owner-none = لا توجد.
owner-end-all = إنهاء جميع الجلسات
owner-restore = استعادة العضوية
owner-remove = إزالة العضوية
owner-more-sessions = المزيد من الجلسات
owner-search-audit = الحدث أو السبب أو الرقم المرجعي أو الحساب أو الهوية
owner-search-person = الشخص: الاسم أو البريد الإلكتروني أو الحساب
owner-search-from = من
owner-search-to = إلى
owner-export = تنزيل بصيغة CSV
owner-nothing = لم يُعثر على شيء.
owner-older = الأقدم
owner-actor-visitor = شخص لم يسجّل الدخول
owner-actor-operator = القائمون على الموقع
owner-actor-system = تلقائيًا
owner-disable-people = { $count ->
    [zero] لا أحد يسجّل الدخول بهذه الطريقة.
    [one] شخص واحد يسجّل الدخول بهذه الطريقة.
    [two] شخصان يسجّلان الدخول بهذه الطريقة.
    [few] { $count } أشخاص يسجّلون الدخول بهذه الطريقة.
    [many] { $count } شخصًا يسجّلون الدخول بهذه الطريقة.
   *[other] { $count } شخص يسجّلون الدخول بهذه الطريقة.
}
owner-disable-others = { $count ->
    [zero] لا أحد منهم يمكنه استخدام طريقة أخرى.
    [one] واحد منهم يمكنه استخدام طريقة أخرى.
    [two] اثنان منهم يمكنهما استخدام طريقة أخرى.
    [few] { $count } منهم يمكنهم استخدام طريقة أخرى.
    [many] { $count } منهم يمكنهم استخدام طريقة أخرى.
   *[other] { $count } منهم يمكنهم استخدام طريقة أخرى.
}
owner-disable-sessions = { $count ->
    [zero] لا تنتهي أي جلسة.
    [one] تنتهي جلسة واحدة فورًا، بما في ذلك الاتصالات المفتوحة.
    [two] تنتهي جلستان فورًا، بما في ذلك الاتصالات المفتوحة.
    [few] تنتهي { $count } جلسات فورًا، بما في ذلك الاتصالات المفتوحة.
    [many] تنتهي { $count } جلسة فورًا، بما في ذلك الاتصالات المفتوحة.
   *[other] تنتهي { $count } جلسة فورًا، بما في ذلك الاتصالات المفتوحة.
}

## The audit trail: what happened, and why

event-login-succeeded = تسجيل دخول
event-login-denied = رُفض تسجيل الدخول
event-login-failed = لم ينجح تسجيل الدخول
event-login-cancelled = أُلغي تسجيل الدخول
event-login-loop = تكرر تسجيل الدخول من البداية
event-access-denied = لا حق في الوصول إلى صفحة
event-session-created = بدأت الجلسة
event-session-ended = انتهت الجلسة
event-session-evicted = أُنهيت الجلسة لإفساح المجال لأخرى أحدث
event-session-revoked = أُنهيت الجلسة من جانب المسؤول
event-identity-linked = أُضيفت الهوية
event-identity-entered-grace = لم يرد المزوّد بشأن هوية
event-identity-restored = أكّد المزوّد الهوية من جديد
event-identity-invalidated = لم تعد الهوية صالحة
event-identity-checked = فُحصت الهوية
event-identity-blocked = حُظرت الهوية
event-identity-unblocked = أُلغي حظر الهوية
event-identity-unlinked = أُزيلت الهوية
event-identity-relinked = نُقلت الهوية إلى حساب آخر
event-identity-link-refused = لم تُضَف الهوية
event-connection-activated = أُعدّ الاتصال
event-connection-disabled = عُطّل الاتصال
event-rehearsal-started = بدأت التجربة
event-rehearsal-finished = انتهت التجربة
event-admin-refused = لا حق في الوصول إلى صفحات المسؤولين عن المؤسسة
event-membership-removed = أُزيلت العضوية
event-membership-restored = استُعيدت العضوية
event-organization-suspended = أُوقف تسجيل الدخول إلى المؤسسة مؤقتًا
event-organization-resumed = استُؤنف تسجيل الدخول إلى المؤسسة
event-logout-requested = تسجيل خروج

because-signed-out = سجّل الشخص خروجه.
because-signed-out-there = سجّل الشخص خروجه لدى المزوّد.
because-not-confirmed = لم يعد المزوّد يؤكد الشخص.
because-blocked = حُظرت الهوية.
because-unlinked = أُزيلت الهوية من الحساب.
because-by-person = أنهاها الشخص من متصفح آخر.
because-by-administrator = أنهاها المسؤول.
because-by-owner = أنهاها أحد المسؤولين عن المؤسسة.
because-too-many-sessions = كان لدى الشخص عدد زائد من الجلسات.
because-replaced = حلّ محلها تسجيل دخول جديد.
because-idle = لم تُستخدم منذ مدة.
because-expired = انتهت مدتها.
because-foreign-origin = جاء الطلب من صفحة في موقع آخر.
because-not-set-up = لم يكتمل الإعداد.
because-disabled = عطّل أحد المسؤولين عن المؤسسة طريقة تسجيل الدخول هذه.
because-other-customer = ينتمي الشخص إلى عميل آخر لدى المزوّد.
because-email-unverified = لا يؤكد المزوّد العنوان.
because-emails = العنوان ليس من العناوين المسموح بها.
because-email-domains = نطاق العنوان غير مسموح به.
because-hosted-domains = لا ينتمي الحساب إلى أي نطاق مسموح به.
because-groups-any = الشخص ليس في أيٍّ من المجموعات المسموح بها.
because-groups-all = الشخص ليس في جميع المجموعات المطلوبة.
because-subjects = الشخص ليس من المسموح لهم بالاسم.
because-tenants = لا ينتمي الشخص إلى أي عميل مسموح به لدى المزوّد.
because-teams = الشخص ليس في أيٍّ من الفرق المسموح بها.
because-claims = ما يقوله المزوّد عن الشخص لا يوافق القواعد.
because-cookies = لم يحتفظ المتصفح بملف تعريف الارتباط.
because-provider-unreachable = لم يستجب المزوّد.
because-provider-misconfigured = تسجيل الدخول عبر المزوّد غير مُعَدّ بشكل صحيح.
because-provider-refused = لم يسمح المزوّد للشخص بالدخول.
because-not-admitted = لا تسمح المؤسسة بدخول هذا الحساب.
because-too-weak = لم يكن تسجيل الدخول حديثًا أو قويًا بما يكفي.
because-taken = تعود الهوية إلى حساب آخر.
because-another-there = للحساب بالفعل هوية لدى هذا المزوّد.
because-too-many-identities = للحساب أكبر عدد ممكن من الهويات.
because-not-the-person = من بدأ ذلك لم يعد مسجّل الدخول.
because-not-an-owner = الشخص ليس من المسؤولين عن المؤسسة.
because-not-me = قال الشخص إنها ليست له.
because-step-up = أكّد الشخص هويته.
because-any-customer = القواعد المضبوطة وحدها تحدد من يدخل.
because-cannot-ask = لا يمكن سؤال المزوّد.

## Setting a provider up

setup-link-lead = طُلب منك ربط { $provider } ليتمكن أفراد { $organization } من تسجيل الدخول به. تحتاج إلى صلاحية تسجيل تطبيق هناك.
setup-link-once = بمجرد أن تبدأ، لا يعمل هذا الرابط إلا في هذا المتصفح. يمكنك التوقف والعودة ما دام صالحًا.
setup-link-begin = ابدأ
setup-link-gone-heading = لم يعد هذا الرابط يعمل
setup-link-gone-sentence = إنه قديم جدًا أو سُحب أو غير مكتمل. اطلب رابطًا جديدًا ممن أرسله إليك.
setup-link-elsewhere-heading = فُتح هذا الرابط في متصفح آخر
setup-link-elsewhere-sentence = لا يعمل إلا حيث فُتح أولًا. تابع هناك، أو اطلب رابطًا جديدًا ممن أرسله إليك.
setup-link-crowded-heading = يُعدّ هذا المتصفح مزوّدين أكثر من المسموح
setup-link-crowded-sentence = لا يمكنه الاحتفاظ بآخر دون أن يفقد الأول. افتح الرابط في متصفح آخر: فهو لم يُستخدم بعد.
wizard-title = إعداد { $provider }
wizard-lead = لا يسجّل أحد الدخول بهذا قبل أن يفعّله القائمون على هذا الموقع.
wizard-organization = المؤسسة
wizard-until = صالح حتى
wizard-register = 1. تسجيل التطبيق
wizard-register-at = المكان:
wizard-copy = نسخ
wizard-copied = تم نسخ { $name }.
wizard-values = 2. إدخال ما يُعرض هناك
wizard-optional = (اختياري)
wizard-kept = هذه القيمة محفوظة ولن تُعرض مرة أخرى. اترك الحقل فارغًا ما لم تكن لديك قيمة جديدة.
wizard-missing = هذه القيمة ناقصة.
wizard-wrong = لا يمكن أن يكون هذا صحيحًا. قد يبدو هكذا:
wizard-save = حفظ
wizard-first = أدخل أولًا كل ما هو مطلوب واحفظه.
wizard-check = 3. التحقق
wizard-check-lead = يُسأل المزوّد الآن عما إذا كان هذا متوافقًا.
wizard-check-button = تحقق الآن
wizard-check-good = كل ما يمكن معرفته دون تسجيل دخول سليم.
wizard-check-bad = هناك شيء ليس سليمًا بعد.
wizard-fine = سليم
wizard-warning = تحذير
wizard-failed = غير صحيح
wizard-unknown = غير معروف
wizard-try = 4. تجربة تسجيل الدخول
wizard-try-lead = تمر عبر المزوّد كما في أي تسجيل دخول، ثم ترى ما سينتج عنه. لا يسجّل أحد الدخول بذلك.
wizard-try-button = جرّب
wizard-try-good = جُرّب تسجيل الدخول ونجح.
wizard-try-bad = جُرّب تسجيل الدخول ولم ينجح.
wizard-finish = 5. التسليم
wizard-finish-lead = عندما يصبح كل شيء سليمًا، أكّد ذلك. بعدها لا يمكن تغيير أي شيء هنا.
wizard-finish-button = اكتمل
wizard-finished = تم. سيفعّله الآن القائمون على هذا الموقع.
wizard-in-force = هذا المزوّد مفعّل. لم يبق شيء لفعله هنا.
wizard-displaced = أُعطي هذا الاسم القصير لمزوّد آخر في هذه الأثناء، لذا لا يمكن تفعيل هذا المزوّد. أعِد إعداده باسم قصير آخر.
wizard-toml = لملف القائمين على هذا الموقع
wizard-toml-hint = السر ليس هنا. إنه محفوظ للقائمين على هذا الموقع، ويوضع في الملف المذكور.
wizard-discard = تجاهل
drafts-title = مزوّدون قيد الإعداد
drafts-preset = أي مزوّد؟
drafts-id = اسم قصير
drafts-id-hint = أحرف لاتينية صغيرة وأرقام وواصلات. يصبح جزءًا من العنوان الذي تسجله، فلا يمكن تغييره لاحقًا.
drafts-add = إضافة مزوّد
drafts-bad-id = يتكون الاسم القصير من 1 إلى 40 من الأحرف اللاتينية الصغيرة والأرقام والواصلات، ولا يبدأ ولا ينتهي بواصلة.
drafts-taken = يوجد مزوّد بهذا الاسم القصير بالفعل.
drafts-too-many = عدد المزوّدين قيد الإعداد كبير جدًا. تجاهل واحدًا أولًا.
draft-waiting = لم يُفتح الرابط بعد
draft-open = غير مكتمل
draft-complete = مكتمل
draft-finished = تم التسليم
draft-in-force = مفعّل
draft-displaced = الاسم لمزوّد آخر
event-draft-created = بدأ إعداد مزوّد
event-draft-claimed = فُتح رابط الإعداد
event-draft-changed = تغيّر مزوّد قيد الإعداد
event-draft-checked = فُحص مزوّد قيد الإعداد
event-draft-finished = سُلّم إعداد مزوّد
event-draft-exported = استُلم إعداد مزوّد مع سره
event-draft-removed = أُلغي مزوّد قيد الإعداد
owner-actor-link = من لديه رابط الإعداد
