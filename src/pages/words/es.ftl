# Lo que dicen las páginas, en español.

frame-help = Inicio de sesión de { $application }. Si necesita ayuda, pregunte a quienes gestionan el sitio.
frame-sign-in = Inicio de sesión de { $application }.
frame-support = Obtener ayuda

action-sign-in = Iniciar sesión
action-sign-in-again = Iniciar sesión de nuevo
action-sign-in-once-more = Iniciar sesión una vez más
action-sign-out = Cerrar sesión
action-try-again = Intentar de nuevo
action-check-again = Comprobar de nuevo con { $provider }
action-continue = Continuar
action-another-account = Usar otra cuenta
action-another-organization = Iniciar sesión en otra organización
action-enter-email = Introducir su correo electrónico
action-start-afresh = Cerrar sesión y empezar de nuevo
action-start-page = Ir a la página de inicio
action-go-to = Ir a { $application }
action-ask-for-access = Solicitar acceso
action-open-provider = Abrir { $provider }
action-more = Mostrar más

moment = { $day } de { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
} de { $year }, { $time } UTC
wait-seconds = { $count ->
    [one] Inténtelo de nuevo dentro de { $count } segundo.
   *[other] Inténtelo de nuevo dentro de { $count } segundos.
}
wait-minutes = { $count ->
    [one] Inténtelo de nuevo dentro de { $count } minuto.
   *[other] Inténtelo de nuevo dentro de { $count } minutos.
}
wait-hours = { $count ->
    [one] Inténtelo de nuevo dentro de { $count } hora.
   *[other] Inténtelo de nuevo dentro de { $count } horas.
}
list-pair = { $first } y { $last }
list-middle = { $before }, { $next }
list-end = { $before } y { $last }

login-expired-heading = Esta página de inicio de sesión ha caducado
login-expired-sentence = Las páginas de inicio de sesión sirven una sola vez y durante poco tiempo. No se ha perdido nada.

login-cancelled-heading = Se canceló el inicio de sesión
login-cancelled-sentence = Ha vuelto de { $provider } sin iniciar sesión. No ha cambiado nada.

provider-unreachable-heading = Ahora mismo no podemos conectar con { $provider }
provider-unreachable-sentence = No hemos recibido respuesta, así que todavía no podemos iniciar su sesión. A quienes ya tienen una sesión abierta no les afecta.

identity-unverified-heading = { $provider } no ha confirmado su cuenta
identity-unverified-sentence-soon = Hace demasiado tiempo que no responde, lo cual no dice nada sobre su cuenta. Volvemos a preguntar cada pocos minutos y podrá continuar en cuanto responda. Si ya responde de nuevo, basta con iniciar sesión otra vez.
identity-unverified-sentence-next = Hace demasiado tiempo que no responde, lo cual no dice nada sobre su cuenta. Volveremos a preguntar el { $moment } y podrá continuar en cuanto responda. Si ya responde de nuevo, basta con iniciar sesión otra vez.

identity-invalid-heading = Según { $provider }, esta cuenta ya no está activa
identity-invalid-sentence = Volvimos a preguntar si usted sigue teniendo acceso y la respuesta fue que no. Por eso se cerraron sus sesiones.
identity-invalid-heading-access = Su acceso mediante { $provider } ha terminado
identity-invalid-sentence-at = El { $moment } volvimos a preguntar si usted sigue teniendo acceso y la respuesta fue que no. Por eso se cerraron sus sesiones.
no-longer-withdrawn = Allí ya no se acepta aquello en lo que se basaba su inicio de sesión. Eso ocurre cuando se retira el acceso, se cambia la contraseña o se cierra la cuenta.
no-longer-inactive = Según ese servicio, la cuenta está suspendida o inactiva.
no-longer-no-token = Ese servicio no dio nada con lo que preguntarle por usted.
no-longer-somebody-else = La respuesta se refería a una cuenta distinta de la suya.
no-longer-other-tenant = La cuenta ya no pertenece al cliente de { $provider } cuyas personas tienen acceso aquí.
no-longer-email = Allí ya no se confirma su dirección de correo electrónico.
no-longer-rules = Los datos de la cuenta ya no cumplen las reglas de acceso de aquí.
no-longer-member = Su membresía aquí fue retirada.
identity-invalid-check = Si cree que esto ya no es así, inicie sesión allí una vez más: si { $provider } le deja entrar, continuará donde estaba.

provider-refused-heading = { $provider } no le permitió iniciar sesión
provider-refused-sentence = Ese servicio decide quién puede usar { $application } y no aceptó esta cuenta.
provider-refused-not-assigned = Esta cuenta no tiene asignada allí { $application }. Quien administra las cuentas en ese servicio puede cambiarlo.
provider-refused-suspended = Esta cuenta está suspendida allí. Quien administra las cuentas en ese servicio puede cambiarlo.
provider-refused-ungranted = Ese servicio no transmitió lo que { $application } necesita saber de usted. Inicie sesión de nuevo y permita todo lo que se le pida.

provider-misconfigured-heading = El inicio de sesión con { $provider } no está bien configurado
provider-misconfigured-sentence = Solo la administración puede corregirlo. Indíquele la referencia que aparece abajo.
provider-misconfigured-clock = Lo que el proveedor acaba de emitir está, según nuestro reloj, en el futuro o muy atrás. Uno de los dos relojes está mal: compruebe primero la hora de este equipo. doorward provider test dice cuánto difieren.

account-not-allowed-heading = { $email } no puede usar { $application }
account-not-allowed-heading-this = Esta cuenta no puede usar { $application }
account-not-allowed-sentence = El inicio de sesión funcionó, pero { $organization } no ha dado acceso a esta cuenta.
account-not-allowed-sentence-this = El inicio de sesión funcionó, pero esta organización no ha dado acceso a esta cuenta.

organization-unknown-heading = No conocemos esa organización
organization-unknown-sentence = Es posible que la dirección esté mal escrita o ya no sea válida. Su correo electrónico basta para encontrar la página de inicio de sesión correcta.

organization-suspended-heading = El inicio de sesión de { $organization } está en pausa
organization-suspended-heading-this = El inicio de sesión de esta organización está en pausa
organization-suspended-sentence = En este momento nadie puede iniciar sesión en esta organización. Su cuenta no ha cambiado.

email-unverified-heading = Su correo electrónico no está verificado en { $provider }
email-unverified-sentence = { $application } solo acepta direcciones verificadas. Abra su cuenta en { $provider }, verifique { $email } e inicie sesión de nuevo.
email-unverified-sentence-yours = { $application } solo acepta direcciones verificadas. Abra su cuenta en { $provider }, verifique su dirección e inicie sesión de nuevo.
email-missing-heading = Su cuenta en { $provider } no tiene un correo electrónico principal
email-missing-sentence = { $application } necesita uno. Abra su cuenta en { $provider }, elija una dirección verificada como principal e inicie sesión de nuevo.

session-ended-heading = Su sesión se cerró
session-ended-idle = Hacía tiempo que no usaba { $application }.
session-ended-lifetime = Una sesión dura un tiempo limitado y el de la suya se ha agotado.
session-ended-withdrawn = Su sesión se cerró desde otro navegador o por decisión de la administración.
session-ended-at-provider = Se cerró su sesión en su servicio de inicio de sesión.
session-ended-unknown = { $application } ya no reconoce este navegador.

sign-in-required-heading = Inicie sesión para continuar
sign-in-required-sentence = Esta parte de { $application } es para quienes han iniciado sesión.

redirect-loop-heading = El inicio de sesión vuelve a empezar una y otra vez
redirect-loop-sentence = Inició sesión varias veces en poco tiempo, pero { $application } no le reconoció después. Nos hemos detenido aquí para que su navegador no dé vueltas sin fin.
redirect-loop-cookie-lost = La cookie de sesión no volvió, aunque otras cookies nuestras sí. Algo entre el navegador y Doorward la elimina, o el navegador la rechaza.
redirect-loop-session-over = La cookie de sesión volvió, pero su sesión ya había terminado. En el registro de auditoría consta qué la cerró.
redirect-loop-signed-in = La cookie de sesión volvió y su sesión sigue viva. Otra cosa envía el navegador de nuevo al inicio de sesión: revise las redirecciones de la aplicación y los proxies que hay delante.
redirect-loop-out-of-sight = La sesión pertenece al host propio de la organización, así que desde aquí no se puede saber si su cookie vuelve allí. Revise en el navegador las peticiones a ese host.

cookies-blocked-heading = Su navegador no conserva nuestra cookie
cookies-blocked-sentence = El inicio de sesión necesita una cookie para saber que sigue siendo usted. Permita las cookies de { $application } en la configuración de su navegador e inténtelo de nuevo.
cookies-blocked-owner = La cookie se entrega donde empiezan los visitantes y debe volver en la dirección pública. No puede hacerlo si empiezan por http o con otro nombre que el de la dirección pública.
cookies-blocked-scheme = Según el proxy que hay delante o el navegador, este inicio de sesión comenzó por http. Los navegadores solo conservan la cookie por https. Redirija todo http a https y haga que el proxy indique en X-Forwarded-Proto lo que usó el navegador.
cookies-blocked-host = La página en la que comenzó este inicio de sesión tiene en el navegador una dirección distinta de la nuestra, aunque las solicitudes nos llegan con la nuestra. La cookie pertenece a una sola dirección. Redirija el otro nombre a la dirección pública o haga que el proxy transmita el nombre que pidió el navegador.

app-unreachable-heading = { $application } no responde
app-unreachable-sentence = Su navegador y el inicio de sesión funcionan. La aplicación que hay detrás no responde en este momento.

app-slow-heading = { $application } tarda demasiado
app-slow-sentence = Su navegador y el inicio de sesión funcionan. La aplicación que hay detrás no respondió a tiempo.

too-busy-heading = { $application } está muy ocupada
too-busy-sentence = Hay más peticiones de las que puede atender en este momento, así que la suya no se transmitió.

too-many-attempts-heading = Espere un momento, por favor
too-many-attempts-sentence = Hubo muchos intentos en poco tiempo.

bad-request-heading = No pudimos leer esa petición
bad-request-sentence = La dirección o el formulario que nos llegó no se puede usar. No se ha cambiado nada.

misdirected-request-heading = No hay nada en esta dirección
misdirected-request-sentence = Es posible que el nombre en la barra de direcciones de su navegador esté mal escrito o ya no sea válido.

not-found-heading = Página no encontrada
not-found-sentence = Si escribió la dirección, compruebe que sea correcta. Si siguió un enlace, es posible que la página se haya movido.

not-allowed-here-heading = No tiene acceso a esta página
not-allowed-here-sentence = { $email } ha iniciado sesión, pero esta parte de { $application } es para otras personas.
not-allowed-here-sentence-this = Esta cuenta ha iniciado sesión, pero esta parte de { $application } es para otras personas.

method-not-allowed-heading = Eso no se puede hacer aquí
method-not-allowed-sentence = La página existe, pero no para lo que su navegador intentó hacer. No se ha cambiado nada.

broken-heading = Hay un problema por nuestra parte
broken-sentence = No pudimos terminar lo que pidió. Ha quedado registrado con la referencia que aparece abajo.

advice-check-saved = Si estaba guardando algo, compruebe si llegó antes de volver a enviarlo.
advice-send-again = Si acaba de enviar un formulario, no llegó. Vuelva atrás y envíelo de nuevo.
advice-copy-first = Si acaba de enviar un formulario, no llegó. Vuelva atrás para copiar lo que escribió y después inicie sesión.
advice-ask-access = Si tiene otra cuenta, use esa. Si no, pida acceso a su administración.

stage-browser = Su navegador
stage-sign-in = Inicio de sesión
stage-works = funciona
stage-silent = no responde

problem-owner = Para la administración:
problem-registered = En el proveedor debe estar registrada exactamente esta URI de redirección:
problem-reference = Referencia
problem-details = Detalles
problem-reference-hint = Si pide ayuda, indique esta referencia.

door-title = Iniciar sesión en { $organization }
door-lead-one = Para acceder a { $application }, inicie sesión.
door-lead-several = Para acceder a { $application }, elija cómo iniciar sesión.
door-lead-one-as = Para acceder a { $application } como { $email }, inicie sesión.
door-lead-several-as = Para acceder a { $application } como { $email }, elija cómo iniciar sesión.
door-button = Iniciar sesión con { $provider }
door-used-last = Usado la última vez en este navegador
door-none = Todavía no hay forma de iniciar sesión en esta organización. Su administración puede añadir una.
door-another-organization = Usar otra organización

notice-idle = Su sesión se cerró porque hacía tiempo que no pasaba por aquí.
notice-lifetime = Su sesión se cerró porque una sesión dura un tiempo limitado.
notice-withdrawn = Su sesión se cerró desde otro navegador o por decisión de la administración.
notice-at-provider = Su servicio de inicio de sesión cerró su sesión.
notice-unknown = Su sesión se cerró.
notice-another-account = Elija la cuenta que quiere usar.

email-title = Iniciar sesión en { $application }
email-continue = Continuar a { $organization }
email-or = o
email-label = Su correo electrónico del trabajo
email-hint = Lleva al inicio de sesión de su organización. No pedimos ninguna contraseña.
email-list = O elija su organización
email-missing = Introduzca su correo electrónico.
email-malformed = Introduzca un correo electrónico con la forma name@example.com.
email-unknown-domain = No conocemos ninguna organización con esta dirección. Revise cómo está escrita o use el enlace de inicio de sesión de su organización.

choose-title = Elija su organización
choose-lead = Más de una organización usa la dirección { $email }.
choose-another-email = Usar otro correo electrónico

dev-title = Inicio de sesión de desarrollo
dev-note = Este formulario hace las veces de un proveedor de identidad. Se cree todo lo que escriba y solo funciona en este equipo.
dev-email = Correo electrónico
dev-name = Nombre
dev-name-hint = (opcional)
dev-groups = Grupos
dev-groups-hint = (opcional, separados por comas)
dev-cancel = Cancelar

logout-title = ¿Cerrar la sesión de { $application }?
logout-lead = Esto termina su sesión en este navegador. Guarde antes su trabajo si aún tiene algo abierto.
logout-stay = Seguir con la sesión abierta

logged-out-title = Ha cerrado la sesión de { $application }
logged-out-there-too = Su sesión aquí ha terminado, y también la de { $provider }.
logged-out-here = Su sesión aquí ha terminado.
logged-out-close = Su sesión aquí ha terminado. En un equipo compartido, cierre además todas las ventanas del navegador.
logged-out-still = Su sesión sigue abierta en { $providers }.
logged-out-still-advice = En un equipo compartido, ciérrela también allí: de lo contrario, la siguiente persona podría volver a entrar como usted.

signed-in-title = Ha iniciado sesión
signed-in-close = Puede cerrar esta ventana y continuar en la anterior.

redirecting-title = Un momento
redirecting-lead = Se le está redirigiendo. Si no ocurre nada, use el botón.

account-title = Ha iniciado sesión
account-name = Nombre
account-email = Correo electrónico
account-organization = Organización
account-provider = Sesión iniciada con
account-since = Desde
account-until = Como máximo hasta
account-open = Abrir { $application }
account-identity = Su cuenta en { $provider }
account-state = Estado
account-confirmed = Confirmada
account-unanswered-timeout = No confirmada en la última consulta: la respuesta tardó demasiado
account-unanswered-unreachable = No confirmada en la última consulta: no se pudo conectar con el servicio
account-unanswered-asked-to-wait = No confirmada en la última consulta: el servicio nos pidió esperar
account-unanswered-trouble = No confirmada en la última consulta: el servicio tenía problemas
account-unanswered-unreadable = No confirmada en la última consulta: no se pudo leer la respuesta
account-unanswered-silent = No confirmada en la última consulta: no hubo respuesta
account-unasked = Confirmada al iniciar sesión
account-last-confirmed = Última confirmación
account-next-check = Próxima comprobación
account-access-ends = El acceso termina
account-access-ends-at = { $moment }, salvo que responda antes
account-sessions = Dónde ha iniciado sesión
account-this-browser = Este navegador
device-both = { $browser } en { $system }
device-system = Un navegador en { $system }
device-unknown = Navegador desconocido
account-session = Desde el { $since }; último uso: { $used }
account-end = Cerrar
account-end-label = Cerrar la sesión iniciada el { $since }
account-end-others = Cerrar todas las demás sesiones
account-others = Sus otras organizaciones
account-switch = Cambiar
account-switch-label = Cambiar a { $organization }
account-told = Qué sabe { $application } de usted
account-headers = Cabeceras de la petición
account-claims = Datos de la aserción firmada
account-fact-name = Nombre
account-fact-value = Valor
facts-shortened = Los valores y las listas largas se muestran aquí abreviados.

## Step-up, forms that are kept, Setup and further identities

step-up-required-heading = Confirme que es usted
step-up-required-sentence = Esta parte de { $application } pide un inicio de sesión más reciente o más seguro que el suyo.
form-kept-heading = Inicie sesión una vez más para enviar esto
form-kept-sentence = Su sesión ha terminado o no es lo bastante reciente para esta parte de { $application }. Lo que escribió no se ha enviado. Se conserva aquí durante diez minutos.
sign-in-too-weak-heading = { $provider } no inició su sesión con suficiente seguridad
sign-in-too-weak-sentence = Esta parte de { $application } pide un inicio de sesión más reciente o más seguro. Su sesión sigue como antes y nada ha cambiado.
sign-in-too-weak-owner = El proveedor recibió el max_auth_age o los acr_values de la ruta y respondió con un inicio de sesión más antiguo o de otra clase. El registro dice cuál. Debe conocer esos valores y exigir un inicio de sesión así cuando se le pide.
other-account-heading = Era otra cuenta
other-account-sentence = Debía confirmar que es usted, pero inició sesión { $email }, que no es la cuenta que está usando. Nada ha cambiado.
other-account-sentence-this = Debía confirmar que es usted, pero inició sesión otra cuenta, que no es la que está usando. Nada ha cambiado.
organization-not-open-heading = { $organization } aún no está abierta
organization-not-open-heading-this = Esta organización aún no está abierta
organization-not-open-sentence = Un responsable de la organización debe completar su configuración antes de que se pueda iniciar sesión de esta manera.
identity-not-linked-heading = Esta cuenta no se puede añadir
identity-not-linked-taken = La cuenta de { $provider } pertenece aquí a otra persona, o a otra cuenta suya. Solo la administración puede moverla. No se ha cambiado nada.
identity-not-linked-another-there = Ya tiene aquí otra cuenta de { $provider }. Quite primero esa. No se ha cambiado nada.
identity-not-linked-too-many = No puede tener más cuentas aquí. Quite primero una. No se ha cambiado nada.
identity-not-linked-not-admitted = Su organización no deja entrar a nadie con esta cuenta de { $provider }. No se ha cambiado nada.
identity-not-linked-not-the-person = Quien empezó esto ya no tiene la sesión iniciada en este navegador. No se ha cambiado nada.
identity-not-linked-not-an-owner = Solo un responsable puede completar la configuración. No se ha cambiado nada.
owners-only-heading = Esta página es para responsables
owners-only-sentence = Solo los responsables de { $organization } pueden abrirla. Se nombran en la configuración.
owners-only-sentence-this = Solo los responsables de esta organización pueden abrirla. Se nombran en la configuración.
advice-copy-then-confirm = Si acaba de enviar un formulario, no ha llegado. Vuelva atrás para copiar lo que escribió y luego confirme.
advice-same-account = Inicie sesión con la misma cuenta. Después podrá enviarlo con un clic.
advice-use-all = Inténtelo de nuevo y use todo lo que se le pida allí. Si no basta, avise a su administración.
action-confirm = Confirmar
action-go-back = Volver
action-your-account = Ir a su cuenta
kept-title = ¿Enviar lo que había escrito?
kept-lead = Ha vuelto a iniciar sesión. Lo que había escrito aún no se ha enviado.
kept-send = Continuar: enviar lo que había escrito
kept-leave = Ir a la página de inicio sin enviarlo
not-kept-title = Lo que había escrito no se conservó
not-kept-too-late = Lo que se escribe se conserva durante diez minutos, y usted tardó más en iniciar sesión. No se envió: tiene que escribirlo otra vez.
not-kept-somebody-elses = Se escribió con otra cuenta, no con la que ha iniciado sesión ahora. No se envió y lo hemos borrado.
rehearse-title = Probar { $provider }
rehearse-lead = Esto es un ensayo. Pasará por { $provider } como en cualquier inicio de sesión y después verá cuál sería el resultado. Con ello no inicia sesión. Quien le dio este enlace también ve el resultado.
rehearse-begin = Empezar
rehearsed-title = Resultado con { $provider }
rehearsed-in = { $organization } le dejaría entrar.
rehearsed-out = { $organization } no le dejaría entrar.
rehearsed-nobody = Nadie ha iniciado sesión. Puede cerrar esta página.
rehearsed-identity = Identidad
rehearsed-verified = (verificada)
rehearsed-unverified = (no verificada)
rehearsed-claims = Lo que dice { $provider }
rehearsed-open = { $organization } está abierta para iniciar sesión.
rehearsed-shut = { $organization } no está abierta para iniciar sesión.
rehearsed-too-large = Algo que se comunica a la aplicación sobre usted es demasiado grande para ella. Sus solicitudes no le llegarían.
rehearsal-failed-title = { $provider } no ha funcionado
rehearsal-failed-lead = El ensayo terminó antes de que { $provider } confirmara a nadie. Quien le dio el enlace también ve el motivo.
confirmed-again = Ha confirmado que es usted. Ahora puede continuar.
account-further = Otras maneras de iniciar sesión
account-further-next = Última confirmación { $confirmed }, próxima comprobación { $next }.
account-further-confirmed = Última confirmación { $confirmed }.
account-check = Comprobar
account-check-named = Comprobar { $provider } ahora
check-confirmed = Se acaba de preguntar al proveedor y ha confirmado la cuenta.
check-unanswered = Se acaba de preguntar al proveedor, pero su respuesta no dice nada sobre la cuenta. Se volverá a preguntar automáticamente, sin consecuencias para nadie.
check-waiting = El proveedor aún no ha respondido. La pregunta sigue en curso: vuelva a cargar esta página dentro de un minuto para ver el resultado. Hasta entonces nada cambia.
account-remove = Quitar
account-remove-named = Quitar { $provider }
account-add = Añadir { $provider }
offer-title = ¿Añadir esta cuenta?
offer-lead = Todavía no ha cambiado nada. Añádala solo si es usted en ambos lados.
offer-here = Aquí ha entrado con { $provider }
offer-there = Según { $provider }, usted es
offer-changes = Qué cambia
offer-either = Podrá entrar en { $organization } con cualquiera de las dos cuentas. Aquí sigue siendo la misma persona.
offer-whole = Quien pueda usar la cuenta nueva podrá hacer aquí todo lo que puede hacer usted.
offer-ends = Si { $provider } deja de confirmar la cuenta nueva, esta ya no dará acceso a nadie. Puede quitarla cuando quiera en la página de su cuenta.
offer-add = Añadir
offer-not-me = No soy yo
offer-late = No se ha añadido nada: la respuesta llegó demasiado tarde o los ajustes han cambiado. Puede empezar de nuevo.
state-valid = Confirmada
state-unchecked = Confirmada al iniciar sesión
state-suspect = Sin respuesta
state-invalid = Ya no es válida
state-orphaned = Sin conexión
state-blocked = Bloqueada
state-removed = Retirada
state-none = Sin identidad
why-withdrawn = El proveedor retiró la autorización.
why-inactive = Según el proveedor, la cuenta no está activa.
why-no-token = El proveedor no da ningún medio para volver a preguntar.
why-somebody-else = El proveedor respondió sobre otra persona.
why-membership-removed = Se retiró la pertenencia.
why-sign-in-again = Hace falta iniciar sesión de nuevo.
why-connection = La conexión se cerró o se cambió.
why-other-tenant = La cuenta ya no pertenece a este cliente del proveedor.
why-email = El proveedor ya no confirma la dirección.
why-rules = Las reglas ya no admiten esta cuenta.

## Pages of owners

owner-nav = Administración
owner-tab-home = Resumen
owner-tab-people = Personas
owner-tab-sessions = Sesiones
owner-tab-audit = Registro de auditoría
owner-your-account = Su cuenta
owner-home-title = Administración de { $organization }
owner-done-title = La configuración está completa
owner-failed-title = La configuración no se completó
owner-disable-title = ¿Desactivar el inicio de sesión con { $provider }?
owner-people-title = Personas de { $organization }
owner-sessions-title = Sesiones de { $organization }
owner-audit-title = Registro de auditoría de { $organization }
owner-was-disabled = El inicio de sesión con ese proveedor está ahora desactivado.
owner-was-opened = La configuración está completa.
owner-paused = Quienes gestionan el sitio han puesto en pausa el inicio de sesión de esta organización.
owner-door = Página de inicio de sesión
owner-state-by-file = Abierta, según el archivo de configuración
owner-state-open = Abierta
owner-state-choosing = La configuración no está completa: elija abajo
owner-state-closed = Cerrada hasta que se complete la configuración
owner-state-disabled = Desactivada
owner-state-open-since = Abierta desde el { $moment }
owner-state-choosing-since = La configuración no está completa: elija abajo. Empezó el { $moment }.
owner-state-disabled-since = Desactivada desde el { $moment }
owner-state-since = En este estado desde
owner-only = Solo para
owner-registered = Lo que está registrado en el proveedor
owner-health = Proveedor
owner-health-up = Responde
owner-health-degraded = Responde, pero las comprobaciones de personas están en pausa
owner-health-down = No responde
owner-health-unknown = Aún no consultado
owner-health-since = desde el { $moment }
owner-identities = Identidades: { $state }
owner-which = ¿Cuál de estas opciones es { $organization }? Solo tendrán acceso quienes pertenezcan a ella.
owner-none-of-them = Ninguna: solo las reglas configuradas deciden quién tiene acceso
owner-save = Guardar
owner-set-up-and-enable = Configurar y activar
owner-set-up-again = Configurar de nuevo
owner-set-up = Configurar
owner-disable-ask = Desactivar…
owner-hint = La configuración le lleva al proveedor con su propia cuenta, muestra que la conexión funciona y vincula esa cuenta con la que tiene aquí.
owner-disable-more = Hay más de lo que se pudo contar.
owner-disable-kept = No se borra nada: en cuanto un responsable lo configure de nuevo con el mismo proveedor, todos recuperarán su cuenta.
owner-disable-type = Para continuar, escriba el nombre corto de la organización:
owner-disable-mistyped = Ese no es el nombre corto de esta organización.
owner-disable = Desactivar
owner-cancel = Cancelar
owner-failed = No se ha cambiado nada. En el registro y en la guía de operación, este error se llama { $code }.
owner-close = Puede cerrar esta ventana.
owner-go = Ir a la administración de { $organization }
owner-search-people = Nombre o correo electrónico
owner-with-state = Cuyas identidades están
owner-any-state = Todas
owner-attention = Requieren atención
owner-search = Buscar
owner-nobody = Nadie.
owner-nobody-found = No se encontró a nadie.
owner-so-far = Por ahora no se ha encontrado nada. Queda más por revisar.
owner-more-people = Más personas
owner-account = Cuenta
owner-first-seen = Primer acceso
owner-membership = Pertenencia
owner-removed = Retirada: nadie inicia sesión en esta cuenta
owner-email-there = Correo en el proveedor
owner-id-there = Identificador en el proveedor
owner-last-asked = Última consulta
owner-block = Bloquear
owner-unlink = Desvincular
owner-history = Qué ha pasado con esta persona
owner-unblock = Desbloquear
owner-none = Ninguna.
owner-end-all = Cerrar todas las sesiones
owner-restore = Restablecer la pertenencia
owner-remove = Retirar la pertenencia
owner-more-sessions = Más sesiones
owner-search-audit = Evento, motivo, referencia, cuenta o identidad
owner-search-person = Persona: nombre, correo electrónico o cuenta
owner-search-from = Desde
owner-search-to = Hasta
owner-export = Descargar como CSV
owner-nothing = No se encontró nada.
owner-older = Anteriores
owner-actor-visitor = alguien sin sesión iniciada
owner-actor-operator = quienes gestionan el sitio
owner-actor-system = automáticamente
owner-disable-people = { $count ->
    [0] Nadie inicia sesión de esta manera.
    [one] { $count } persona inicia sesión de esta manera.
   *[other] { $count } personas inician sesión de esta manera.
}
owner-disable-others = { $count ->
    [0] Ninguna de ellas podría usar otra manera.
    [one] { $count } de ellas podría usar otra manera.
   *[other] { $count } de ellas podrían usar otra manera.
}
owner-disable-sessions = { $count ->
    [0] No se cierra ninguna sesión.
    [one] { $count } sesión se cierra de inmediato, incluidas las conexiones abiertas.
   *[other] { $count } sesiones se cierran de inmediato, incluidas las conexiones abiertas.
}

## The audit trail: what happened, and why

event-login-succeeded = Sesión iniciada
event-login-denied = Inicio de sesión rechazado
event-login-failed = El inicio de sesión no funcionó
event-login-cancelled = Inicio de sesión cancelado
event-login-loop = El inicio de sesión volvía a empezar una y otra vez
event-access-denied = Sin acceso a una página
event-session-created = Sesión abierta
event-session-ended = Sesión cerrada
event-session-evicted = Sesión cerrada para dejar sitio a otra más reciente
event-session-revoked = Sesión cerrada por la administración
event-identity-linked = Identidad añadida
event-identity-entered-grace = El proveedor no respondió sobre una identidad
event-identity-restored = El proveedor vuelve a confirmar una identidad
event-identity-invalidated = La identidad ya no es válida
event-identity-checked = Identidad comprobada
event-identity-blocked = Identidad bloqueada
event-identity-unblocked = Identidad desbloqueada
event-identity-unlinked = Identidad quitada
event-identity-relinked = Identidad movida a otra cuenta
event-identity-link-refused = Identidad no añadida
event-connection-activated = Conexión configurada
event-connection-disabled = Conexión desactivada
event-rehearsal-started = Ensayo empezado
event-rehearsal-finished = Ensayo terminado
event-admin-refused = Sin acceso a las páginas de los responsables
event-membership-removed = Pertenencia retirada
event-membership-restored = Pertenencia restablecida
event-organization-suspended = Inicio de sesión de la organización en pausa
event-organization-resumed = Inicio de sesión de la organización reanudado
event-logout-requested = Sesión cerrada por la persona

because-signed-out = La persona cerró la sesión.
because-signed-out-there = La persona cerró la sesión en el proveedor.
because-not-confirmed = El proveedor ya no confirma a la persona.
because-blocked = La identidad se bloqueó.
because-unlinked = La identidad se quitó de la cuenta.
because-by-person = La persona la cerró desde otro navegador.
because-by-administrator = La administración la cerró.
because-by-owner = Un responsable la cerró.
because-too-many-sessions = La persona tenía demasiadas sesiones.
because-replaced = Un nuevo inicio de sesión ocupó su lugar.
because-idle = Hacía tiempo que no se usaba.
because-expired = Su tiempo se había agotado.
because-foreign-origin = La petición vino de una página de otro sitio.
because-not-set-up = La configuración no está completa.
because-disabled = Un responsable ha desactivado esta manera de iniciar sesión.
because-other-customer = La persona pertenece a otro cliente del proveedor.
because-email-unverified = El proveedor no confirma la dirección.
because-emails = La dirección no está entre las admitidas.
because-email-domains = El dominio de la dirección no está admitido.
because-hosted-domains = La cuenta no pertenece a ningún dominio admitido.
because-groups-any = La persona no está en ninguno de los grupos admitidos.
because-groups-all = La persona no está en todos los grupos exigidos.
because-subjects = La persona no está entre las admitidas una por una.
because-tenants = La persona no pertenece a ningún cliente admitido del proveedor.
because-teams = La persona no está en ninguno de los equipos admitidos.
because-claims = Lo que el proveedor dice de la persona no se ajusta a las reglas.
because-cookies = El navegador no conservó la cookie.
because-provider-unreachable = El proveedor no respondió.
because-provider-misconfigured = El inicio de sesión con el proveedor no está bien configurado.
because-provider-refused = El proveedor no dejó entrar a la persona.
because-not-admitted = La organización no admite esta cuenta.
because-too-weak = El inicio de sesión no era lo bastante reciente o seguro.
because-taken = La identidad pertenece a otra cuenta.
because-another-there = La cuenta ya tiene una identidad de este proveedor.
because-too-many-identities = La cuenta no puede tener más identidades.
because-not-the-person = Quien empezó ya no tenía la sesión iniciada.
because-not-an-owner = La persona no es responsable de la organización.
because-not-me = La persona dijo que no es suya.
because-step-up = La persona confirmó su identidad.
because-any-customer = Solo las reglas configuradas deciden quién tiene acceso.
because-cannot-ask = No se puede consultar al proveedor.

## Setting a provider up

setup-link-lead = Le han pedido que conecte { $provider } para que las personas de { $organization } puedan iniciar sesión con él. Necesita el derecho de registrar allí una aplicación.
setup-link-once = En cuanto empiece, este enlace solo funcionará en este navegador. Puede interrumpirlo y volver mientras sea válido.
setup-link-begin = Empezar
setup-link-gone-heading = Este enlace ya no funciona
setup-link-gone-sentence = Es demasiado antiguo, fue retirado o está incompleto. Pida uno nuevo a quien se lo envió.
setup-link-elsewhere-heading = Este enlace se abrió en otro navegador
setup-link-elsewhere-sentence = Solo funciona donde se abrió primero. Continúe allí o pida uno nuevo a quien se lo envió.
setup-link-crowded-heading = Este navegador configura demasiados proveedores
setup-link-crowded-sentence = No puede guardar otro sin perder el primero. Abra el enlace en otro navegador: todavía no se ha usado.
wizard-title = Configurar { $provider }
wizard-lead = Nadie inicia sesión con esto antes de que los responsables de este sitio lo hayan puesto en vigor.
wizard-organization = Organización
wizard-until = Válido hasta
wizard-register = 1. Registrar la aplicación
wizard-register-at = Dónde:
wizard-copy = Copiar
wizard-copied = { $name } está copiado.
wizard-values = 2. Rellenar lo que se le muestra allí
wizard-optional = (opcional)
wizard-kept = Este valor está guardado y no se vuelve a mostrar. Deje el campo vacío, salvo que tenga uno nuevo.
wizard-missing = Falta este valor.
wizard-wrong = Esto no puede ser correcto. Podría ser así:
wizard-save = Guardar
wizard-first = Primero rellene y guarde todo lo necesario.
wizard-check = 3. Comprobar
wizard-check-lead = Se pregunta ahora al proveedor si todo encaja.
wizard-check-button = Comprobar ahora
wizard-check-good = Todo lo que se puede saber sin iniciar sesión está en orden.
wizard-check-bad = Algo aún no está en orden.
wizard-fine = Correcto
wizard-warning = Advertencia
wizard-failed = No es correcto
wizard-unknown = No se sabe
wizard-try = 4. Probar un inicio de sesión
wizard-try-lead = Pasa por el proveedor como en cualquier inicio de sesión y luego ve qué resultaría. Nadie inicia sesión con ello.
wizard-try-button = Probar
wizard-try-good = Se probó un inicio de sesión y funcionó.
wizard-try-bad = Se probó un inicio de sesión y no funcionó.
wizard-finish = 5. Entregar
wizard-finish-lead = Cuando todo esté en orden, dígalo. Después ya no se puede cambiar nada aquí.
wizard-finish-button = Está completo
wizard-finished = Listo. Los responsables de este sitio lo ponen ahora en vigor.
wizard-in-force = Este proveedor está en vigor. Aquí no queda nada por hacer.
wizard-displaced = Entretanto, otro proveedor ha recibido este nombre corto, así que este no puede entrar en vigor. Configúrelo de nuevo con otro nombre corto.
wizard-toml = Para el archivo de los responsables de este sitio
wizard-toml-hint = El secreto no figura aquí. Se guarda para los responsables de este sitio y va en el archivo indicado.
wizard-discard = Descartar
drafts-title = Proveedores en configuración
drafts-preset = ¿Qué proveedor?
drafts-id = Nombre corto
drafts-id-hint = Letras minúsculas, cifras y guiones. Pasa a ser parte de la dirección que usted registra y no se puede cambiar después.
drafts-add = Añadir un proveedor
drafts-bad-id = Un nombre corto tiene de 1 a 40 letras minúsculas, cifras y guiones, y no empieza ni termina con un guion.
drafts-taken = Ya existe un proveedor con ese nombre corto.
drafts-too-many = Se están configurando demasiados proveedores. Descarte uno primero.
draft-waiting = Enlace aún sin abrir
draft-open = Incompleto
draft-complete = Completo
draft-finished = Entregado
draft-in-force = En vigor
draft-displaced = Nombre dado a otro
event-draft-created = Configuración de un proveedor empezada
event-draft-claimed = Enlace de configuración abierto
event-draft-changed = Proveedor en configuración cambiado
event-draft-checked = Proveedor en configuración comprobado
event-draft-finished = Configuración de un proveedor entregada
event-draft-exported = Configuración de un proveedor recogida, con su secreto
event-draft-removed = Proveedor en configuración descartado
owner-actor-link = quien tiene el enlace de configuración
