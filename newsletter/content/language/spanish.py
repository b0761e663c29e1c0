"""The words of Spanish."""

from __future__ import annotations

from newsletter.content.article import Flag, Kind
from newsletter.content.language.wording import Wording

SPANISH = Wording(
    headings={
        Kind.OVERVIEW: """
            descripcion( general)?; (vision|perspectiva|informacion) general; introduccion; generalidades;
            panorama( general)?; definicion; concepto; resumen general; datos (basicos|clave|y cifras);
            informacion( basica)?; acerca (de|del); sobre; conozca; lo que (debe|hay que|necesita) saber""",
        Kind.TYPES: """
            tipo*; clases; formas( clinicas)?; clasificacion*; variantes; etapas; fases; estadios; grados;
            subtipos""",
        Kind.CAUSES: """
            causa*; origen; desencadenantes; factores desencadenantes; etiologia; fisiopatologia; patogenia;
            herencia; genetica; transmision; contagio; modo de transmision; por que (ocurre|sucede|se
            produce)""",
        Kind.RISK_FACTORS: """
            factor* de riesgo; riesgo*; (personas|poblacion|grupos) (en|de) riesgo; factor* predisponente*;
            quien* corre* (mayor |mas )?riesgo""",
        Kind.SYMPTOMS: """
            sintoma*; signo*; manifestaciones; cuadro clinico; presentacion clinica; caracteristicas
            clinicas; senales; primeros (sintomas|signos)""",
        Kind.COMPLICATIONS: """
            (posibles )?complicacion*; consecuencia*; secuelas; efectos a largo plazo; peligros""",
        Kind.DIAGNOSIS: """
            diagnostico*; prueba*; examen*; analisis; evaluacion; deteccion; estudios; exploracion(
            fisica)?; cribado; tamizaje""",
        Kind.TREATMENT: """
            tratamiento*; terapia*; manejo; opciones (de tratamiento|terapeuticas); cirugia; rehabilitacion;
            fisioterapia; abordaje; atencion medica; psicoterapia; primeros auxilios""",
        Kind.MEDICATIONS: """
            medicamento*; medicacion; medicinas; farmaco*; tratamiento (farmacologico|con
            (medicamentos|farmacos)); remedios de venta libre; dosis; posologia; efectos
            (secundarios|adversos); reacciones adversas; contraindicaciones; interacciones; precauciones;
            como tomar*""",
        Kind.SELF_CARE: """
            autocuidado*; cuidado* personal*; cuidados( propios)?( en (el hogar|casa))?; remedios
            (caseros|naturales); tratamiento (en casa|casero); en casa; vivir con; convivir con; vida
            diaria; estilo de vida; habitos*; cambios en el estilo de vida; dieta; alimentacion; nutricion;
            ejercicio*; actividad fisica; consejos*; que puede hacer( usted)?; lo que puede hacer;
            autoayuda; afrontamiento""",
        Kind.PREVENTION: """
            prevencion; prevenir; medidas preventivas; como (prevenir|evitar)*; profilaxis; vacunas;
            vacunacion""",
        Kind.PROGNOSIS: """
            pronostico; expectativas*; evolucion; recuperacion; perspectivas; esperanza de vida;
            supervivencia; que esperar; curso de la enfermedad; duracion""",
        Kind.WHEN_TO_SEEK_HELP: """
            urgencia*; emergencia*; busque (ayuda|atencion)*; llame al medico; consulte a su medico; acuda
            (al medico|a urgencias)*; buscar ayuda""",
        Kind.FAQ: """
            preguntas (mas )?(frecuentes|comunes); preguntas y respuestas; mitos y (realidades|verdades)""",
        Kind.CONCLUSION: """
            conclusion*; resumen; en resumen; para concluir; en conclusion; recuerde; ideas clave; mensaje
            final""",
        Kind.OTHER: """
            epidemiologia; frecuencia; prevalencia; investigacion; grupos de apoyo; recursos; anatomia;
            historia""",
    },
    questions={
        Kind.PREVENTION: "preven*; evitar*; reducir (el|mi|su) riesgo",
        Kind.MEDICATIONS: "medicamentos; medicinas; farmacos; efectos secundarios",
        Kind.RISK_FACTORS: "quien*; en riesgo; factores de riesgo; riesgo de (padecer|tener|sufrir)",
        Kind.DIAGNOSIS: "diagnostic*; detecta*; pruebas; examenes; como se sabe",
        Kind.COMPLICATIONS: """
            complicaciones; (es|son) (grave|peligros)*; que pasa si; no se trata; a largo plazo""",
        Kind.PROGNOSIS: "pronostico; cuanto dura; desaparece; recupera*; que (puedo|se puede) esperar",
        Kind.SELF_CARE: """
            en casa; que puedo (hacer|comer); vivir con; alivia*; dieta; cuida*;
            (comer|ejercicio|alimentos)""",
        Kind.TREATMENT: "trata*; cura*; terapia; cirugia; operacion",
        Kind.TYPES: "tipos; clases; formas; etapas; diferencia*",
        Kind.SYMPTOMS: "sintomas; signos; senales; se siente; se manifiesta; como se ve",
        Kind.CAUSES: """
            causa*; por que; contagi*; heredita*; hereda*; transmite; se (produce|desarrolla|contrae); a que
            se debe""",
        Kind.OVERVIEW: "que (es|son|significa)",
    },
    seek_help="""
        cuando …
        (medico|doctor|doctora|medica|ayuda|urgencias|emergencia*|hospital|ambulancia|atencion|profesional|
        especialista|preocupar*|alarmar*); (senal|signo|sintoma)* de
        (alarma|alerta|peligro|advertencia|emergencia); (busque|pida|solicite|obtenga|buscar|pedir)
        (ayuda|atencion|asistencia)*; (llame|acuda|vaya) … (medico|urgencias|emergencias|112|911)""",
    asks="que; cual; cuales; como; quien; quienes; cuando; por que; cuanto; se puede; es; son; tengo",
    joints="y; e; o; u",
    fillers="""
        el; la; los; las; un; una; principales; posibles; sus; su; mas sobre; algunos; algunas; diferentes;
        distintos; primeros; otros; otras""",
    noun_last=False,
    clause="""
        incluye*; son; es; era; siguiente*; puede*; deb*; si; usted; su; cuando; porque; estos; estas; como;
        llamad*; que""",
    references="""
        (lista de )?(referencia*|fuente*|bibliografia)( (bibliografica|consultada)*)?; lecturas
        (recomendadas|adicionales); para saber mas""",
    disclaimer="""
        (aviso|descargo|exencion|clausula)( (legal|medico|importante|de exencion|de descargo))? (de
        responsabilidad|legal|medico|importante)( (medica|legal))?; descargo; advertencia legal""",
    units="""
        ui; gramo*; miligramo*; microgramo*; mililitro*; unidad*; tableta*; pastilla*; comprimido*;
        capsula*; gota*; inhalacion*; pulverizacion*; cucharad*; cucharadita*; sobre; sobres; ampolla*;
        parche*; inyeccion*; dosis; supositorio*; pildora*""",
    flags={
        Flag.DOSE: """
            (dosis|dosificacion) (diaria|maxima|habitual|recomendada|inicial|de)*;
            (tome|tomar|tomarse|toma|inhale|aplique|administr*) … (una vez|veces|dos veces|cada) …
            (dia|dias|horas|noche); cada (4|6|8|12|24|cuatro|seis|ocho|doce) horas""",
        Flag.WARNING: """
            no (se )?(los |las |lo |la |le
            )?(tome*|use*|deje*|suspend*|interrump*|cambi*|di|beba*|conduzca*|exced*|inici*|
            abandon*|aument*|reduzca*|comparta*|espere|ignore|mezcle*|aplique*|administre*|debe*|modifi*|duplique*|pare);
            nunca (tome*|use*|deje*|suspend*|cambi*|de|mezcle*|debe*|interrump*); sin
            (hablar|consultar|preguntar|consejo|la
            indicacion|indicacion|supervision|antes|hablarlo|receta|que) …
            (medico|medica|doctor|doctora|profesional|farmaceutic*|equipo); sin
            (consejo|indicacion|supervision) medic*; antes de
            (tomar|usar|dejar|cambiar|empezar|suspender|iniciar)*; efecto* (secundario|adverso)*
            (grave|serio)*; evite*; advertencia*; precaucion*; cuidado con; importante:; peligros*; mortal*;
            fuera del alcance; no es (seguro|segura|recomendable|aconsejable); no se (recomienda|aconseja)""",
        Flag.CONTRAINDICATION: """
            contraindica*; (no|nunca|evite*) …
            (embarazo|embarazada*|lactancia|amamanta*|ninos|bebes|alergic*|alergia);
            (embarazada*|embarazo|lactancia|amamanta*) …
            (no|evit*|consult*|medico|avis*|inform*|hable|diga*); (alergic*|alergia) a; reaccion* alergica*
            grave*; no (debe*|pueden|puede) (tomar|usar)*""",
        Flag.INTERACTION: """
            interactu*; interaccion*; (tome*|tomar|mezcl*|combin*|use*|junto) … (con|y) (el |otros |otro
            )?(alcohol|medicamento*|pomelo|toronja|anticoagulante*|antiacido*|hierbas);
            (diga|digale|informe|avise|consulte|pregunte) … (medico|farmaceutico) … (otro|otros|todos|demas)
            … (medicamento|suplemento)*; al mismo tiempo que""",
        Flag.RED_FLAG: """
            (busque|pida|solicite|acuda|llame|consulte|vaya|avise|hable|contacte) … (de
            inmediato|inmediatamente|enseguida|cuanto antes| urgente*|ya mismo|ahora mismo|sin demora|lo
            antes posible); (atencion|ayuda) (medica )?(urgente|inmediata|de emergencia);
            (acuda|consulte|llame|vaya|hable|pida cita) …
            (medico|medica|doctor|doctora|urgencias|hospital|farmaceutico|profesional) … (si|cuando);
            (senal|signo|sintoma)* de (alarma|alerta|peligro); emergencia*; urgencias; amenaza* la vida;
            pone* en peligro la vida; (dificultad|problemas) para respirar; falta de aire; le cuesta
            respirar; no puede respirar; (tos|vomit*|escup*|heces|orina) (de |con )?sangre; dolor …
            (brazo|mandibula|cuello|espalda); debilidad … un lado; perdida de(l)?
            (conciencia|conocimiento)""",
        Flag.EMERGENCY: """
            (llame|llamar|marque|telefonee) … (emergencia*|ambulancia|urgencias|112|911|061|999|066); numero
            (local )?de emergencia*; servicio* de (emergencia|urgencia)*; (acuda|vaya|ir|dirijase) …
            (urgencias|sala de emergencias|hospital mas cercano); (es|son|como) una (emergencia|urgencia)(
            medica)?; emergencia medica; urgencia medica; (hacerse|hacerte|causarse) dano; quitarse la vida;
            pensamientos suicidas; ideas suicidas""",
    },
    emergency_topics="""
        (accidente|ataque)* (cerebrovascular|cerebral|isquemico transitorio|cardiaco|al corazon)*; ictus;
        derrame cerebral; apoplejia; infarto*( de miocardio)?; paro cardiaco; sindrome coronario agudo;
        dolor (de|en el) pecho; dolor toracico; anafila*; choque anafilactico; shock
        (septico|toxico|anafilactico); reaccion* alergica* grave*; sobredosis; envenenamiento*;
        intoxicacion*; autolesi*; septicemia; atragantamiento; asfixia; ahogamiento; hemorragia*; sangrado
        (grave|intenso|abundante); embolia pulmonar; estado epileptico; diseccion aortica; embarazo
        ectopico; cetoacidosis*; golpe de calor; emergencia*; urgencias medicas; crisis (de asma
        grave|hipertensiva|asmatica); ataque (grave )?de asma""",
    emergency_signs="""
        (debilidad|entumecimiento|paralisis|confusion|perdida de) … (repentin|subit)*; (repentin|subit)* …
        (debilidad|entumecimiento|confusion|dificultad para hablar|dolor de cabeza|vision|habla);
        (cara|rostro|boca) … (caid|torcid|desviad|colgand)*; un lado (de la cara|del cuerpo|del rostro);
        peor dolor de cabeza; (hinchazon|inflamacion) … (lengua|garganta|labios); (lengua|garganta|labios) …
        (hincha|cierra)*; (labios|piel|cara|unas) … (azul|azules|azulad*|gris|grises|morad*);
        (mucha|grave|gran|extrema|severa) dificultad (para respirar|respiratoria); dificultad
        (grave|extrema|intensa) para respirar; no puede (hablar|respirar|terminar las frases|decir frases)*;
        deja* de respirar; no respira; (pierd*|perdid*) (el conocimiento|la conciencia); inconsciente; no se
        despierta; sangrado que no (para|cesa|se detiene); convulsion*; dolor (fuerte |intenso |opresivo
        |repentino )?(de|en el) pecho""",
    private={
        "pregnancy loss": """
            aborto*; abortar; perdida (gestacional|perinatal|del embarazo|del bebe|de un embarazo|de un
            bebe|fetal|neonatal)*; (perdio|perder|perdido|pierde) … (bebe|embarazo); muerte
            (fetal|perinatal|neonatal); (nacid|parto) muert*; mortinat*; nacido muerto; embarazo
            (ectopico|molar); interrupcion … embarazo""",
        "fertility": """
            infertil*; esteril*; subfertil*; fertilidad; fertilizacion in vitro; fecundacion*; fiv;
            (no|dificultad para|problemas para) (puede |poder )?(concebir|quedar embarazada)*; reproduccion
            asistida""",
        "sexual health": """
            sexual*; sexo; (las|una|de|por|otras) its; ets; vih; sida; clamidia*; gonorrea; sifilis; herpes;
            genital*; vagin*; eyacul*; erecci*; erectil*; anticoncep*; preservativo*; condon; condones; vph;
            papiloma*; impotencia; libido; pene; testiculo*; la vulva; vulvovagin*; venereas; venereo;
            menopausia; menstruacion*; ciclo menstrual""",
        "mental health": """
            salud mental; enfermedad* mental*; trastorno* (mental|psiquiatric|de personalidad|de la
            personalidad|bipolar|obsesivo|de panico|de ansiedad|depresivo|del estado)*; depresi*; deprimid*;
            ansiedad; ansios*; (ataque|crisis)* de (panico|angustia|ansiedad); bipolar*; esquizo*; psicosis;
            psicotic*; psiquiatr*; estres postraumatico; tept; toc; obsesiv*; duelo; luto""",
        "suicide and self-harm": """
            suicid*; autolesi*; autoles*; (hacerse|hacerte|causarse) dano; lastimarse; quitarse la vida;
            acabar con (su|la|tu) vida; cortarse; (matarse|matarte); pensamientos de muerte; deseos
            de morir""",
        "eating disorders": """
            anorexi*; bulimi*; atracon*; trastorno* (de la conducta )?aliment*; trastornos alimentarios""",
        "addiction": """
            adicci*; adict*; alcoholi*; (abuso|dependencia|consumo|abstinencia|uso) (problematico
            )?(de(l)?|al) (alcohol|drogas|sustancias|opio*|cocaina|heroina|cannabis|marihuana)*; drogadic*;
            drogas; toxicoman*; ludopatia; juego patologico; sobredosis; heroina; cocaina; marihuana""",
        "abuse and violence": """
            violencia; violacion; violad*; maltrat*; abuso*; abusad*; agresi*; agredid*; acoso*""",
    },
)  # fmt: skip
